package import Foundation

/// A project.
package struct JiraProject: JiraReadable, Hashable {
    /// What made it: decides where its fields are administered.
    package enum Style: Sendable, Hashable { case companyManaged, teamManaged }

    package let id: String
    package let key: String
    package let name: String
    package let style: Style
    /// `software`, `business`, `service_desk` …
    package let typeKey: String?
    package let isArchived: Bool
    package let issueTypes: [JiraIssueType]

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let key = json["key"]?.string else { return nil }
        self.id = id
        self.key = key
        name = json["name"]?.string ?? key
        let isNextGen = json["style"]?.string == "next-gen" || json["simplified"]?.bool == true
        style = isNextGen ? .teamManaged : .companyManaged
        typeKey = json["projectTypeKey"]?.string
        isArchived = json["archived"]?.bool ?? false
        issueTypes = (json["issueTypes"]?.array ?? []).compactMap { JiraIssueType($0) }
    }
}

/// What a site says of itself.
package struct JiraServerInfo: JiraReadable, Hashable {
    package let baseURL: String?
    /// `Cloud`, or something else: then this client is not for it.
    package let deploymentType: String?
    package let version: String?
    package let title: String?
    package let serverTime: Date?

    package init?(_ json: JiraJSON) {
        guard json.object != nil else { return nil }
        baseURL = json["baseUrl"]?.string
        deploymentType = json["deploymentType"]?.string
        version = json["version"]?.string
        title = json["serverTitle"]?.string
        serverTime = json["serverTime"]?.string.flatMap(JiraTime.date(fromISO:))
    }
}

/// Whether and how large files may be attached.
package struct JiraAttachmentSettings: JiraReadable, Hashable {
    package let isEnabled: Bool
    /// In bytes.
    package let uploadLimit: Int?

    package init?(_ json: JiraJSON) {
        guard let isEnabled = json["enabled"]?.bool else { return nil }
        self.isEnabled = isEnabled
        uploadLimit = json["uploadLimit"]?.int
    }
}

/// A file of an issue.
package struct JiraAttachment: JiraReadable, Hashable {
    package let id: String
    package let filename: String
    package let size: Int?
    package let mimeType: String?
    package let created: Date?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.identifier, let filename = json["filename"]?.string else { return nil }
        self.id = id
        self.filename = filename
        size = json["size"]?.int
        mimeType = json["mimeType"]?.string
        created = json["created"]?.string.flatMap(JiraTime.date(fromISO:))
    }
}
