import Hummingbird
import NIOCore
import Record
import Secrets
import TramlineModel

/// Stores a body piece by piece, and measures it on the way. It holds one piece and what has just come, never the whole.
struct UploadReceiver {
    let upload: Upload
    let uploads: UploadStore
    /// The longest file, in bytes.
    let limit: Int
    /// In bytes, of all that has come.
    private(set) var size = 0
    private var digest = RunningDigest()
    private var piece: [UInt8] = []
    private var index = 0

    init(upload: Upload, uploads: UploadStore, limit: Int = ImportLimits.uploadBytes) {
        self.upload = upload
        self.uploads = uploads
        self.limit = limit
    }

    /// SHA-256 of all that has come.
    var hash: [UInt8] { digest.finish() }

    /// Takes a body to its end.
    ///
    /// - Parameter announced: how long the client said it is; `nil` when it did not say.
    /// - Throws: ``APIError`` with 413 when it is too long, 400 when it ends early; what the connection and the record throw.
    mutating func receive(_ body: RequestBody, announced: Int?) async throws {
        for try await part in body {
            size += part.readableBytes
            guard size <= limit else { throw APIError.bodyTooLarge(limit: limit) }
            part.withUnsafeReadableBytes { digest.update($0) }
            var rest = part.readableBytesView[...]
            while !rest.isEmpty {
                let taken = rest.prefix(UploadStore.pieceBytes - piece.count)
                piece += taken
                rest = rest.dropFirst(taken.count)
                if piece.count == UploadStore.pieceBytes { try await storePiece() }
            }
        }
        // To a request that is being cancelled its body looks as if it had ended.
        try Task.checkCancellation()
        guard announced == nil || announced == size else {
            throw APIError(
                status: .badRequest,
                code: .malformedRequest,
                message: "The body ended before all of it had come."
            )
        }
        if !piece.isEmpty { try await storePiece() }
    }

    private mutating func storePiece() async throws {
        try await uploads.store(piece, at: index, of: upload)
        index += 1
        piece.removeAll(keepingCapacity: true)
    }
}
