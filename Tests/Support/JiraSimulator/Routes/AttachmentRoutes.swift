import HTTPTypes

/// Attachments: upload, settings, metadata, content.
enum AttachmentRoutes {
    static let routes = [
        Route(.post, "/rest/api/3/issue/{}/attachments", input: .multipart, access: .users, writesIssueAt: 0, upload),
        Route(.get, "/rest/api/3/attachment/meta", settings),
        Route(.get, "/rest/api/3/attachment/{}", metadata),
        Route(.get, "/rest/api/3/attachment/content/{}", content),
        Route(.delete, "/rest/api/3/attachment/{}", access: .users, delete),
    ]

    @Sendable private static func upload(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard call.request.headers[.atlassianToken] == "no-check" else {
            return Answer(404, type: "text/plain;charset=UTF-8", bytes: Array("XSRF check failed".utf8))
        }
        guard let issue = site.visibleIssue(call.parameters[0], to: call.caller), let caller = call.caller else {
            return .noIssue
        }
        guard site.may("CREATE_ATTACHMENTS", in: issue.projectKey) else {
            return .failure(403, ["You do not have permission to create attachments for this issue."])
        }
        guard let parts = Multipart.parts(of: call.request.body, type: call.request.headers[.contentType]) else {
            return .failure(400, ["The multipart body cannot be read."])
        }
        let files = parts.filter { $0.name == "file" && $0.filename != nil }
        guard !files.isEmpty else { return .failure(400, ["No file was sent in a part named 'file'."]) }
        guard files.count <= 60 else { return .failure(413, ["No more than 60 files may be uploaded at once."]) }
        guard files.allSatisfy({ $0.bytes.count <= site.configuration.uploadLimit }) else {
            return .failure(413, ["The file is larger than the maximum attachment size."])
        }
        let attachments = files.map { file in
            SimulatedAttachment(
                id: site.makeID(),
                filename: file.filename ?? "file",
                type: file.type ?? "application/octet-stream",
                bytes: Array(file.bytes),
                author: caller.accountID,
                created: call.now
            )
        }
        site.changeIssue(issue.id, at: call.now) { $0.attachments += attachments }
        return Answer(200, .array(attachments.map { site.render($0, to: caller, base: call.request.base) }))
    }

    @Sendable private static func settings(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        Answer(200, ["enabled": true, "uploadLimit": .integer(site.configuration.uploadLimit)])
    }

    private static func find(_ site: SimulatedSite, _ call: Call) -> (SimulatedIssue, SimulatedAttachment)? {
        for issue in site.issues.values where site.isVisible(issue, to: call.caller) {
            if let found = issue.attachments.first(where: { String($0.id) == call.parameters[0] }) {
                return (issue, found)
            }
        }
        return nil
    }

    private static func missing(_ call: Call) -> Answer {
        .failure(404, ["The attachment with id '\(call.parameters[0])' does not exist"])
    }

    @Sendable private static func metadata(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let (_, attachment) = find(site, call) else { return missing(call) }
        return Answer(200, site.render(attachment, to: call.caller, base: call.request.base))
    }

    @Sendable private static func content(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let (_, attachment) = find(site, call) else { return missing(call) }
        return Answer(200, type: attachment.type, bytes: attachment.bytes)
    }

    @Sendable private static func delete(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let (issue, attachment) = find(site, call) else { return missing(call) }
        site.changeIssue(issue.id, at: call.now) { $0.attachments.removeAll { $0.id == attachment.id } }
        return Answer(empty: 204)
    }
}
