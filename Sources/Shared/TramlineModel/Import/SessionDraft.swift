/// A session as an import describes it: checked, in order, not yet stored.
package struct SessionDraft: Sendable {
    /// A file that goes along with a ticket.
    package struct Attachment: Sendable {
        /// What a file is when the import does not say.
        package static let defaultContentType = "application/octet-stream"

        /// A plain name: no path, no control characters; unique within its ticket.
        package var filename: String
        package var contentType: String
        package var bytes: [UInt8]

        package init(filename: String, contentType: String = Self.defaultContentType, bytes: [UInt8]) {
            self.filename = filename
            self.contentType = contentType
            self.bytes = bytes
        }
    }

    /// What stands above a ticket: another one of the session, or an issue that Jira has. Where a text is both, the
    /// ticket of the session is meant.
    package enum Parent: Sendable, Hashable {
        case ref(String)
        case key(String)
    }

    package struct Ticket: Sendable {
        package var ref: String
        package var content: TicketContent
        package var parent: Parent?
        /// Refs of the tickets that block this one.
        package var dependsOn: [String]
        package var attachments: [Attachment]
        /// From 1: its place in the order of creation; what it needs comes before it.
        package var exportOrder: Int

        package init(
            ref: String,
            content: TicketContent,
            parent: Parent? = nil,
            dependsOn: [String] = [],
            attachments: [Attachment] = [],
            exportOrder: Int
        ) {
            self.ref = ref
            self.content = content
            self.parent = parent
            self.dependsOn = dependsOn
            self.attachments = attachments
            self.exportOrder = exportOrder
        }
    }

    package var name: String?
    package var site: String
    package var projectKey: String
    /// In the order given. May be empty: such a session can be imported, but not exported.
    package var tickets: [Ticket]
    /// SHA-256 of what was handed in, whatever its white space and the order of its members: tells whether a repeated
    /// import is the same one. Empty where the session did not come as a body.
    package var fingerprint: [UInt8]

    package init(
        name: String? = nil,
        site: String,
        projectKey: String,
        tickets: [Ticket],
        fingerprint: [UInt8] = []
    ) {
        self.name = name
        self.site = site
        self.projectKey = projectKey
        self.tickets = tickets
        self.fingerprint = fingerprint
    }
}
