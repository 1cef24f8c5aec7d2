import Foundation

/// What a job of kind `validate` is to find out at a Jira site: its payload.
package struct SiteQuestion: Sendable, Equatable, Codable {
    package enum Subject: String, Sendable, CaseIterable, Codable {
        /// What a project offers, and whether it has what is required: the answer is a ``ProjectValidation``.
        case project
        /// Whether and how large files may be attached: the answer is an ``AttachmentAllowance``.
        case attachments
        /// Whose the credential is, and so whether it is good: the answer is a ``SiteAccount``.
        case account
    }

    package let subject: Subject
    package let integrationId: IntegrationID
    /// The project that it is about; `nil` for a question about the site.
    package let projectKey: String?
    package let requirements: ProjectRequirements

    package init(
        _ subject: Subject,
        at integration: IntegrationID,
        project: String? = nil,
        requirements: ProjectRequirements = ProjectRequirements()
    ) {
        self.subject = subject
        self.integrationId = integration
        self.projectKey = project
        self.requirements = requirements
    }
}

/// Whether and how large files may be attached to a project's issues.
package struct AttachmentAllowance: Sendable, Equatable, Codable {
    /// Whether the site takes files at all.
    package let isEnabled: Bool
    /// Whether the account may attach files in the project.
    package let isPermitted: Bool
    /// The largest file, in bytes; `nil` where the site does not say.
    package let uploadLimit: Int?

    package init(isEnabled: Bool, isPermitted: Bool, uploadLimit: Int?) {
        self.isEnabled = isEnabled
        self.isPermitted = isPermitted
        self.uploadLimit = uploadLimit
    }
}

/// The account at a site that an integration's credential belongs to.
package struct SiteAccount: Sendable, Equatable, Codable {
    package let accountId: String
    package let displayName: String

    package init(accountId: String, displayName: String) {
        self.accountId = accountId
        self.displayName = displayName
    }
}

/// How questions and answers stand in a job's row.
package enum AnswerJSON {
    package static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from json: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(json.utf8))
    }
}
