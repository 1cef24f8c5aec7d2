package import Foundation

/// The body that asks for the validation of a project.
package struct ProjectValidationRequest: Sendable, Equatable {
    package let projectKey: String
    /// The team's name for the site; `nil` where it has one only.
    package let site: String?
    package let requirements: ProjectRequirements

    /// Reads a body, as strictly as an import.
    /// - Throws: ``ImportRefusal`` with every fault by its place.
    package static func parse(_ body: Data) throws(ImportRefusal) -> ProjectValidationRequest {
        try ImportReader.read(body) { reader, document in
            guard
                let members = reader.object(
                    document,
                    at: .body,
                    "this request",
                    known: ["project_key", "site", "user_requirements"]
                )
            else { return nil }
            let key = reader.projectKey(members["project_key"], at: .body.member("project_key"))
            let site = reader.line(members["site"], at: .body.member("site"), most: ImportLimits.siteCharacters)
            let place = ImportPlace.body.member("user_requirements")
            let requirements = reader.requirements(members["user_requirements"], at: place)
            guard let key, let requirements else { return nil }
            return ProjectValidationRequest(projectKey: key, site: site, requirements: requirements)
        }
    }
}

/// The body that asks for the test of a session's conversions.
package struct ConversionTestRequest: Sendable, Equatable {
    /// Which tickets; empty means all.
    package let tickets: [TicketID]
    package let includesAttachments: Bool

    /// Reads a body, as strictly as an import.
    /// - Throws: ``ImportRefusal`` with every fault by its place.
    package static func parse(_ body: Data) throws(ImportRefusal) -> ConversionTestRequest {
        try ImportReader.read(body) { reader, document in
            guard
                let members = reader.object(
                    document,
                    at: .body,
                    "this request",
                    known: ["ticket_ids", "include_attachments"]
                )
            else { return nil }
            let tickets = reader.ticketIDs(members["ticket_ids"], at: .body.member("ticket_ids"))
            let place = ImportPlace.body.member("include_attachments")
            let includesAttachments = members["include_attachments"].map { reader.flag($0, at: place) } ?? true
            guard let includesAttachments else { return nil }
            return ConversionTestRequest(tickets: tickets, includesAttachments: includesAttachments)
        }
    }
}

extension ImportReader {
    /// Reads a body of its own kind, all faults at once.
    fileprivate static func read<Value>(
        _ body: Data,
        _ read: (inout ImportReader, JSONValue) -> Value?
    ) throws(ImportRefusal) -> Value {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: body, depth: ImportLimits.jsonDepth)
        } catch {
            throw .malformed(error)
        }
        var reader = ImportReader()
        guard let value = read(&reader, document), reader.faults.isEmpty else {
            throw .invalid(reader.faults.listed, more: reader.faults.more)
        }
        return value
    }

    fileprivate mutating func requirements(_ value: JSONValue?, at place: ImportPlace) -> ProjectRequirements? {
        guard let value else {
            faults.add(place, "is missing")
            return nil
        }
        let names = ["requires_sprint_assignment", "requires_assignee", "requires_priority_levels"]
        guard let members = object(value, at: place, "the requirements", known: Set(names)) else { return nil }
        let flags = names.map { flag(members[$0], at: place.member($0)) }
        guard let sprint = flags[0], let assignee = flags[1], let priority = flags[2] else { return nil }
        return ProjectRequirements(
            requiresSprintAssignment: sprint,
            requiresAssignee: assignee,
            requiresPriorityLevels: priority
        )
    }

    fileprivate mutating func flag(_ value: JSONValue?, at place: ImportPlace) -> Bool? {
        switch value {
        case .bool(let flag): return flag
        case nil: faults.add(place, "is missing")
        case let value?: faults.add(place, "must be true or false, but is \(value.kind)")
        }
        return nil
    }

    fileprivate mutating func ticketIDs(_ value: JSONValue?, at place: ImportPlace) -> [TicketID] {
        var ids: [TicketID] = []
        for (index, value) in list(value, at: place, most: ImportLimits.tickets, required: true).enumerated() {
            let place = place.element(index)
            guard let text = text(value, at: place) else { continue }
            guard let id = TicketID(text) else {
                faults.add(place, "must be a UUID")
                continue
            }
            if ids.contains(id) { faults.add(place, "stands here twice") }
            ids.append(id)
        }
        return ids
    }
}
