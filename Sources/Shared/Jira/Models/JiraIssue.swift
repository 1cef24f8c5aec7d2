package import Foundation

/// An issue that a create made.
package struct CreatedIssue: JiraReadable, Hashable {
    /// The numeric id, as a string: it stays when the issue moves.
    package let id: String
    package let key: String
    /// The address of the issue's data, not of its page.
    package let selfURL: String?

    package init(id: String, key: String, selfURL: String? = nil) {
        self.id = id
        self.key = key
        self.selfURL = selfURL
    }

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let key = json["key"]?.string, !key.isEmpty else { return nil }
        self.init(id: id, key: key, selfURL: json["self"]?.string)
    }
}

/// An issue with the fields and properties that were asked for.
package struct JiraIssue: JiraReadable, Equatable {
    /// The numeric id, as a string: it stays when the issue moves.
    package let id: String
    /// The key at the time of the answer; `nil` when only ids were asked for.
    package let key: String?
    /// By field id. A field that was not asked for, or that the issue's screens do not have, is missing.
    package let fields: [String: JiraJSON]
    /// By property key. A property that the issue does not have is missing.
    package let properties: [String: JiraJSON]

    package init(id: String, key: String?, fields: [String: JiraJSON] = [:], properties: [String: JiraJSON] = [:]) {
        self.id = id
        self.key = key
        self.fields = fields
        self.properties = properties
    }

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier else { return nil }
        self.init(
            id: id,
            key: json["key"]?.string,
            fields: json["fields"]?.object ?? [:],
            properties: json["properties"]?.object ?? [:]
        )
    }

    package var summary: String? { fields["summary"]?.string }
    package var created: Date? { fields["created"]?.string.flatMap(JiraTime.date(fromISO:)) }
    package var updated: Date? { fields["updated"]?.string.flatMap(JiraTime.date(fromISO:)) }
    package var labels: [String] { fields["labels"]?.strings ?? [] }
    package var assignee: JiraUser? { fields["assignee"].flatMap { JiraUser($0) } }
    package var reporter: JiraUser? { fields["reporter"].flatMap { JiraUser($0) } }
    package var creator: JiraUser? { fields["creator"].flatMap { JiraUser($0) } }
    package var attachments: [JiraAttachment] { (fields["attachment"]?.array ?? []).compactMap { JiraAttachment($0) } }
    package var links: [JiraIssueLink] { (fields["issuelinks"]?.array ?? []).compactMap { JiraIssueLink($0) } }

    /// The sprints in a sprint field, all that the issue has been in; see ``JiraField/isSprint`` for the field's id.
    package func sprints(in fieldID: String) -> [JiraSprint] {
        (fields[fieldID]?.array ?? []).compactMap { JiraSprint($0) }
    }

    /// The number in a field. Story points have been seen as a number and as a string.
    package func number(in fieldID: String) -> Double? {
        fields[fieldID].flatMap { $0.double ?? $0.string.flatMap { Double($0) } }
    }
}

/// What a bulk fetch gave. An issue that does not exist, or is not to be seen, is in neither list.
package struct JiraBulkFetch: JiraReadable, Equatable {
    /// In ascending order of their ids; under their present keys, should they have moved.
    package let issues: [JiraIssue]
    /// The ids of issues that could not be given now: ask again.
    package let retriableIDs: [String]

    package init?(_ json: JiraJSON) {
        guard let issues = json["issues"]?.list(of: { JiraIssue($0) }) else { return nil }
        self.issues = issues
        retriableIDs = (json["issueErrors"]?.array ?? []).compactMap { $0["id"]?.identifier }
    }
}

/// An issue to be made.
///
/// Rich text comes as ready JSON and goes into the body byte for byte, unread: a description of thousands of nodes is
/// neither parsed nor copied more than once.
package struct JiraIssueDraft: Sendable, Equatable {
    /// By field id: `project`, `issuetype`, `summary` …
    package var fields: [String: JiraJSON]
    /// Fields whose value is an Atlassian document, by field id: `description` and custom text fields. Each must be
    /// one JSON value.
    package var documents: [String: [UInt8]]
    /// Issue properties, by key: set in the same step as the issue is made, whatever its screens have.
    package var properties: [String: JiraJSON]

    package init(
        fields: [String: JiraJSON],
        documents: [String: [UInt8]] = [:],
        properties: [String: JiraJSON] = [:]
    ) {
        self.fields = fields
        self.documents = documents
        self.properties = properties
    }

    /// The body of the create request. A field that is in both ``documents`` and ``fields`` is taken from
    /// ``documents``.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024 + documents.values.reduce(0) { $0 + $1.count })
        bytes.append(contentsOf: #"{"fields":{"#.utf8)
        var isFirst = true
        func writeName(_ name: String) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JiraJSON.write(name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
        }
        for name in fields.keys.sorted() where documents[name] == nil {
            writeName(name)
            fields[name]!.write(into: &bytes)
        }
        for name in documents.keys.sorted() {
            writeName(name)
            bytes.append(contentsOf: documents[name]!)
        }
        bytes.append(UInt8(ascii: "}"))
        if !properties.isEmpty {
            let list = properties.keys.sorted().map { JiraJSON.object(["key": .string($0), "value": properties[$0]!]) }
            bytes.append(contentsOf: #","properties":"#.utf8)
            JiraJSON.array(list).write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
