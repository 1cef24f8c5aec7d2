/// A file to be attached. It is read once.
package struct JiraUpload: Sendable {
    /// The pieces of a file, in order.
    struct Chunks: Sendable {
        private let make: @Sendable () -> () async throws -> [UInt8]?

        init(_ sequence: some AsyncSequence<[UInt8], any Error> & Sendable) {
            make = {
                var iterator = sequence.makeAsyncIterator()
                return { try await iterator.next(isolation: #isolation) }
            }
        }

        init(_ bytes: [UInt8]) {
            make = {
                var rest: [UInt8]? = bytes
                return { rest.take() }
            }
        }

        func makeIterator() -> () async throws -> [UInt8]? { make() }
    }

    package let filename: String
    package let contentType: String
    /// How many bytes the pieces have together.
    package let byteCount: Int
    let chunks: Chunks

    /// A file in memory.
    package init(filename: String, contentType: String = "application/octet-stream", bytes: [UInt8]) {
        self.filename = filename
        self.contentType = contentType
        byteCount = bytes.count
        chunks = Chunks(bytes)
    }

    /// A file that is read as it is sent.
    /// - Parameters:
    ///   - byteCount: exactly how many bytes `chunks` has; anything else ends the request.
    ///   - chunks: is asked for one piece after another, no faster than the connection takes them. It must end or
    ///     throw in its own time: the call returns at its deadline, yet what waits for a piece goes on waiting.
    package init(
        filename: String,
        contentType: String = "application/octet-stream",
        byteCount: Int,
        chunks: some AsyncSequence<[UInt8], any Error> & Sendable
    ) {
        self.filename = filename
        self.contentType = contentType
        self.byteCount = byteCount
        self.chunks = Chunks(chunks)
    }
}
