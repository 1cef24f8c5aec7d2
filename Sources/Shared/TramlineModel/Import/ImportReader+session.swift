internal import Crypto
package import Foundation

extension SessionDraft {
    /// Reads the body of an import.
    ///
    /// Strict: members that are not known are refused by name, and so is every value of another type than its own. An
    /// optional member may be `null`, which counts as absent. Takes O(n log n) for n bytes.
    ///
    /// - Throws: ``ImportRefusal`` with every fault by its place.
    package static func parse(_ body: Data) throws(ImportRefusal) -> SessionDraft {
        guard body.count <= ImportLimits.bodyBytes else { throw .tooLarge(bytes: body.count) }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: body, depth: ImportLimits.jsonDepth)
        } catch {
            throw .malformed(error)
        }
        var reader = ImportReader()
        guard let draft = reader.session(document), reader.faults.isEmpty else {
            throw .invalid(reader.faults.listed, more: reader.faults.more)
        }
        return draft
    }
}

extension ImportReader {
    private static let sessionMembers: Set = ["name", "site", "project_key", "tickets"]

    fileprivate mutating func session(_ document: JSONValue) -> SessionDraft? {
        guard let members = object(document, at: .body, "an import", known: Self.sessionMembers) else { return nil }
        let name = line(members["name"], at: .body.member("name"))
        let site = line(
            members["site"],
            at: .body.member("site"),
            most: ImportLimits.siteCharacters,
            required: true
        )
        let projectKey = projectKey(members["project_key"], at: .body.member("project_key"))
        let place = ImportPlace.body.member("tickets")
        let tickets = list(members["tickets"], at: place, most: ImportLimits.tickets, required: true)
            .enumerated().map { ticket($1, at: place.element($0)) }
        let drafts = resolve(tickets, at: place)
        guard faults.isEmpty, let site, let projectKey else { return nil }
        return SessionDraft(
            name: name,
            site: site,
            projectKey: projectKey,
            tickets: drafts,
            fingerprint: Array(SHA256.hash(data: document.canonicalText))
        )
    }

    mutating func projectKey(_ value: JSONValue?, at place: ImportPlace) -> String? {
        guard let key = line(value, at: place, required: true) else { return nil }
        guard JiraKey.isProject(key) else {
            faults.add(place, "must be a project key such as PROJ: capital letters, digits and _")
            return nil
        }
        return key
    }

    /// Finds what the refs mean, and the order of creation.
    private mutating func resolve(
        _ tickets: [TicketReading],
        at place: ImportPlace
    ) -> [SessionDraft.Ticket] {
        var indices: [String: Int] = [:]
        for (index, ticket) in tickets.enumerated() where !ticket.draft.ref.isEmpty {
            if let first = indices[ticket.draft.ref] {
                faults.add(place.element(index).member("ref"), "is the ref of \(place.element(first)) already")
            } else {
                indices[ticket.draft.ref] = index
            }
        }
        var drafts = tickets.map(\.draft)
        var needs = [[Int]](repeating: [], count: tickets.count)
        for (index, ticket) in tickets.enumerated() {
            let place = place.element(index)
            for (position, ref) in ticket.dependsOn {
                let place = place.member("depends_on").element(position)
                guard let other = indices[ref] else {
                    faults.add(place, "is not the ref of a ticket of this session")
                    continue
                }
                guard other != index else {
                    faults.add(place, "is the ticket itself")
                    continue
                }
                needs[index].append(other)
            }
            guard let parent = ticket.parent else { continue }
            if let other = indices[parent] {
                drafts[index].parent = .ref(parent)
                if other == index {
                    faults.add(place.member("parent"), "is the ticket itself")
                } else if !needs[index].contains(other) {
                    needs[index].append(other)
                }
            } else if JiraKey.isIssue(parent) {
                drafts[index].parent = .key(parent)
            } else {
                faults.add(
                    place.member("parent"),
                    "is neither the ref of a ticket of this session nor an issue key such as PROJ-9"
                )
            }
        }
        let dependencies = DependencyOrder(needs: needs)
        for cycle in dependencies.cycles {
            let refs = (cycle + [cycle[0]]).map { drafts[$0].ref }
            let member = drafts[cycle[0]].dependsOn.contains(refs[1]) ? "depends_on" : "parent"
            // A long circle is shown by its ends.
            let shown = refs.count <= 12 ? refs : refs.prefix(6) + ["…"] + refs.suffix(5)
            faults.add(
                place.element(cycle[0]).member(member),
                "makes a circle, in which none can be created first: \(shown.joined(separator: " → "))"
            )
        }
        for (position, index) in dependencies.order.enumerated() { drafts[index].exportOrder = position + 1 }
        return drafts
    }
}
