import Postgres
import TramlineModel

/// The `attachment_chunks` table: a file's bytes in pieces.
enum AttachmentChunk {
    /// The largest piece in one row.
    static let size = 1 << 20

    /// The statements that store a file's bytes.
    static func statements(storing bytes: [UInt8], of attachment: AttachmentID) -> [PostgresQuery] {
        stride(from: 0, to: bytes.count, by: size).enumerated().map { chunk, start in
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            return """
                INSERT INTO attachment_chunks (attachment_id, chunk, bytes) VALUES (\(attachment), \(chunk), \(piece))
                """
        }
    }
}
