import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Record
import Secrets
import Telemetry
import TramlineModel

/// Files that are sent by themselves, beside an import: streamed to storage, piece by piece.
struct AttachmentRoutes {
    let backend: Backend

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.putAttachment, put)
    }

    /// A file as it is stored.
    private struct Stored: Encodable {
        let sessionId: SessionID
        let ticketRef: String
        let filename: String
        let contentType: String
        let sizeBytes: Int
        /// In hexadecimal.
        let sha256: String
    }

    /// 201 for a new file; 200 for one that takes the place of a file of the same name. That one stays until all has come.
    @Sendable private func put(_ request: Request, _ context: APIContext) async throws -> Response {
        let owner = try context.owner
        let session = try context.sessionID
        let ref = try context.decodedParameter("ref")
        let filename = try Self.filename(context)
        let contentType = try Self.contentType(request)
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > ImportLimits.uploadBytes {
            throw APIError.bodyTooLarge(limit: ImportLimits.uploadBytes)
        }
        let uploads = UploadStore(pool: backend.pool)
        let upload = try await uploads.begin(
            session: session,
            team: owner.team,
            ref: ref,
            filename: filename,
            contentType: contentType
        )
        do {
            var receiver = UploadReceiver(upload: upload, uploads: uploads)
            try await receiver.receive(request.body, announced: announced)
            let hash = receiver.hash
            let isNew = try await uploads.complete(upload, size: receiver.size, hash: hash)
            return try Response.json(
                isNew ? .created : .ok,
                Stored(
                    sessionId: session,
                    ticketRef: ref,
                    filename: filename,
                    contentType: contentType,
                    sizeBytes: receiver.size,
                    sha256: hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                )
            )
        } catch {
            await discard(upload, context.logger)
            throw error
        }
    }

    private func discard(_ upload: Upload, _ logger: Logger) async {
        // In a task of its own: a request that was cancelled cleans up all the same.
        await Task { [backend] in
            do {
                try await UploadStore(pool: backend.pool).discard(upload)
            } catch {
                // Nobody reads it, and the scheduler removes it.
                logger.notice("an upload waits to be swept", metadata: [LogKey.error: "\(error)"])
            }
        }.value
    }

    private static func filename(_ context: APIContext) throws(APIError) -> String {
        let name = try context.decodedParameter("name")
        if let problem = AttachmentRules.problem(ofFilename: name) {
            throw APIError(
                status: .unprocessableContent,
                code: .invalidFilename,
                message: "The file's name \(problem).",
                details: [APIError.Detail(at: "name", message: problem)]
            )
        }
        return name
    }

    /// What the body is, by its header.
    private static func contentType(_ request: Request) throws(APIError) -> String {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw APIError(
                status: .unsupportedMediaType,
                code: .unsupportedMediaType,
                message: "Files are stored as they come: send the file itself, without a Content-Encoding.",
                headers: [.acceptEncoding: "identity"]
            )
        }
        if request.headers[.contentRange] != nil {
            throw .invalidParameter("Content-Range", "cannot be: a file is sent whole")
        }
        guard let type = request.headers[.contentType] else { return SessionDraft.Attachment.defaultContentType }
        if let problem = AttachmentRules.problem(ofContentType: type) {
            throw .invalidParameter("Content-Type", problem)
        }
        return type
    }
}
