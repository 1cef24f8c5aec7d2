import CHiredis
import NIOCore

/// Commands to bytes, by hiredis's formatter.
enum RESPEncoder {
    /// Appends a command in RESP's form: an array of binary-safe strings.
    static func encode(_ command: RedisCommand, into buffer: inout ByteBuffer) {
        var bytes: [UInt8] = []
        var lengths: [Int] = []
        lengths.reserveCapacity(command.arguments.count + 1)
        func append(_ argument: some Collection<UInt8>) {
            bytes.append(contentsOf: argument)
            lengths.append(argument.count)
        }
        append(command.name.utf8)
        for argument in command.arguments {
            switch argument.storage {
            case .string(let text): append(text.utf8)
            case .bytes(let content): append(content)
            }
        }
        withCArrays(bytes, lengths) { count, pointers, lengths in
            var formatted: UnsafeMutablePointer<CChar>?
            let length = redisFormatCommandArgv(&formatted, count, pointers, lengths)
            // hiredis returns -1 only when malloc fails; nothing sensible can follow that.
            guard length >= 0, let formatted else { fatalError("hiredis is out of memory") }
            defer { redisFreeCommand(formatted) }
            buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(length)))
        }
    }

    /// Lends the arguments, which stand one after the other in `bytes`, as C's `argv` and `argvlen`.
    ///
    /// The pointers are good inside the closure only.
    private static func withCArrays(
        _ bytes: [UInt8],
        _ lengths: [Int],
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Void
    ) {
        bytes.withUnsafeBytes { raw in
            // A command's name is never empty, so there is a first byte; empty arguments may point behind the last.
            guard let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else {
                preconditionFailure("A command needs a name")
            }
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = lengths.map { length in
                defer { offset += length }
                return base + offset
            }
            pointers.withUnsafeMutableBufferPointer { pointers in
                lengths.withUnsafeBufferPointer { lengths in
                    body(Int32(lengths.count), pointers.baseAddress!, lengths.baseAddress!)
                }
            }
        }
    }
}

/// Bytes to replies, by hiredis's reader. One per connection, used on its event loop only.
final class RESPReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let limit: Int

    /// - Parameter limit: The largest unfinished reply in bytes; a longer one is taken for a fault.
    init(limit: Int) {
        guard let reader = redisReaderCreate() else { fatalError("hiredis is out of memory") }
        self.reader = reader
        self.limit = limit
    }

    deinit { redisReaderFree(reader) }

    /// Adds what came from the network. The bytes are copied.
    func feed(_ buffer: ByteBuffer) throws(RedisError) {
        let status = buffer.withUnsafeReadableBytes { bytes in
            redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw protocolFault() }
    }

    /// The next whole reply, or `nil` until more bytes come.
    func next() throws(RedisError) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw protocolFault() }
        guard let reply else {
            guard reader.pointee.len - reader.pointee.pos <= limit else {
                throw RedisError(.malformedReply, "a reply is larger than \(limit) bytes", mayHaveRun: true)
            }
            return nil
        }
        defer { freeReplyObject(reply) }
        return RedisReply(copying: reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func protocolFault() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return RedisError(.malformedReply, "not Redis's protocol: \(text)", mayHaveRun: true)
    }
}

extension RedisReply {
    /// Copies a reply of hiredis, which stays the caller's to free.
    fileprivate init(copying reply: redisReply) {
        var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: reply.str, count: reply.len) }
        switch reply.type {
        case REDIS_REPLY_STATUS: self = .simple(String(decoding: content, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: content, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STRING: self = .bytes(Array(content))
        case REDIS_REPLY_ARRAY:
            self = .array(
                UnsafeBufferPointer(start: reply.element, count: reply.elements).map { element in
                    element.map { RedisReply(copying: $0.pointee) } ?? .null
                }
            )
        default: self = .null
        }
    }
}
