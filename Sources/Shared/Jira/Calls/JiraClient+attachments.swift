import NIOCore
import NIOHTTP1

extension JiraClient {
    /// Whether and how large files may be attached to issues of the site.
    package func attachmentSettings() async throws(JiraError) -> JiraReply<JiraAttachmentSettings> {
        try await send(.get("/rest/api/3/attachment/meta", "/rest/api/3/attachment/meta")) {
            JiraAttachmentSettings($0)
        }
    }

    /// The files of an issue.
    package func attachments(ofIssue key: String) async throws(JiraError) -> JiraReply<[JiraAttachment]> {
        try await issue(key, fields: ["attachment"]).map(\.attachments)
    }

    /// Attaches a file. Not idempotent: the same file twice is two attachments.
    ///
    /// The file is sent as it is read and never held whole. The deadline is later than that of other calls by a
    /// second for each 256 KiB.
    /// - Returns: What was attached.
    /// - Throws: ``JiraError``; after `.uncertain` look at ``attachments(ofIssue:)`` for name and size before sending
    ///   again. A file that has not exactly ``JiraUpload/byteCount`` bytes never completes the request, so that
    ///   nothing is attached, yet it counts as `.uncertain`.
    package func attach(
        _ upload: JiraUpload,
        toIssue key: String
    ) async throws(JiraError) -> JiraReply<[JiraAttachment]> {
        guard upload.byteCount >= 0 else {
            throw JiraError(.invalidRequest, .refused, message: "A file cannot have \(upload.byteCount) bytes.")
        }
        let form = MultipartForm(upload)
        let call = JiraCall(
            name: "POST /rest/api/3/issue/{key}/attachments",
            method: .POST,
            path: "/rest/api/3/issue/\(PercentEncoding.segment(key))/attachments",
            body: .stream(
                head: form.head,
                chunks: upload.chunks,
                tail: form.tail,
                length: Int64(form.head.readableBytes) + Int64(upload.byteCount) + Int64(form.tail.readableBytes),
                contentType: form.contentType
            ),
            // Without it Jira takes the request for a forged one and refuses it.
            headers: [("X-Atlassian-Token", "no-check")],
            expected: 200...200,
            onlyReads: false,
            additionalTime: Self.additionalTime(of: upload.byteCount)
        )
        return try await send(call) { $0.list(of: { JiraAttachment($0) }) }
    }

    private static let leastBytesPerSecond = 256 << 10

    private static func additionalTime(of byteCount: Int) -> Duration { .seconds(byteCount / leastBytesPerSecond) }

    /// How long an upload is given.
    /// - Parameter requestTimeout: what other calls are given: ``JiraConnections/Configuration/requestTimeout``.
    package static func uploadTimeout(of byteCount: Int, requestTimeout: Duration) -> Duration {
        requestTimeout + additionalTime(of: byteCount)
    }
}

/// The frame of a form with one part, `file` (RFC 7578).
struct MultipartForm {
    let contentType: String
    let head: ByteBuffer
    let tail: ByteBuffer

    init(_ upload: JiraUpload) {
        // 122 random bits: no file holds them by chance.
        let boundary =
            "tramline-" + String(UInt64.random(in: 0 ... .max), radix: 36)
            + String(UInt64.random(in: 0 ... .max), radix: 36)
        contentType = "multipart/form-data; boundary=\(boundary)"
        head = ByteBuffer(
            string: "--\(boundary)\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"\(Self.quotable(upload.filename))\"\r\n"
                + "Content-Type: \(Self.mediaType(upload.contentType))\r\n\r\n"
        )
        tail = ByteBuffer(string: "\r\n--\(boundary)--\r\n")
    }

    /// The file name in UTF-8, with the three characters encoded that would end it early: as browsers do (WHATWG
    /// HTML, "multipart/form-data encoding algorithm").
    private static func quotable(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            case "\0": break
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// A type that is not one would break the frame; it becomes the type of unknown bytes.
    private static func mediaType(_ type: String) -> String {
        let isPlain = type.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && type.utf8.count <= 255 && type.contains("/")
        return isPlain ? type : "application/octet-stream"
    }
}
