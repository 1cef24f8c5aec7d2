import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOFoundationCompat
import Record
import TramlineModel

extension Request {
    /// Reads the whole body, no further than the limit: a body that announces more is not read at all.
    ///
    /// - Throws: ``APIError`` with 413.
    func readBody(upTo limit: Int) async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw APIError.bodyTooLarge(limit: limit) }
        var whole = ByteBuffer()
        // What is announced may never come: it is not all reserved at once.
        whole.reserveCapacity(min(announced ?? 0, 1 << 20))
        for try await var part in body {
            guard whole.readableBytes + part.readableBytes <= limit else { throw APIError.bodyTooLarge(limit: limit) }
            whole.writeBuffer(&part)
        }
        return whole
    }

    /// Reads a small body of JSON.
    ///
    /// - Parameter parse: reads the body strictly, as imports are read.
    /// - Throws: ``APIError`` with 413; with 422 and every fault by its place; ``ImportRefusal`` for what is no JSON.
    func readRequest<Value>(_ parse: (Data) throws(ImportRefusal) -> Value) async throws -> Value {
        let body = try await readBody(upTo: Endpoint.smallBody)
        do throws(ImportRefusal) {
            return try parse(Data(buffer: body, byteTransferStrategy: .noCopy))
        } catch {
            guard case .invalid(let faults, let more) = error else { throw error }
            throw APIError(invalidRequest: faults, more: more)
        }
    }

    /// Demands a body of JSON.
    ///
    /// - Throws: ``APIError`` with 415.
    func requireJSON() throws(APIError) {
        let type = headers[.contentType]?.prefix { $0 != ";" } ?? ""
        guard type.trimmingSpaces().lowercased() == "application/json" else {
            throw APIError(
                status: .unsupportedMediaType,
                code: .unsupportedMediaType,
                message: "The body must be JSON: send it with \"Content-Type: application/json\".",
                headers: [.accept: "application/json"]
            )
        }
    }

    /// Demands that there be no body, or an empty object.
    func requireNoContent() async throws {
        let body = try await readBody(upTo: 1024)
        let text = body.readableBytesView.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard text.isEmpty || text.elementsEqual("{}".utf8) else {
            throw APIError(
                status: .badRequest,
                code: .malformedRequest,
                message: "This request takes no body, or an empty object."
            )
        }
    }
}

extension URI {
    /// A parameter of the query that is a whole number; `nil` where it is not given.
    ///
    /// - Throws: ``APIError`` with 400 for anything else, and for a number out of range.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(APIError) -> Int64? {
        guard let text = queryParameters[Substring(name)] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw .invalidParameter(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension Int64 {
    /// The greatest whole number that every reader of JSON takes: 2^53 − 1.
    static let greatestInJSON: Int64 = 9_007_199_254_740_991
}

extension APIContext {
    /// The session that the path names.
    ///
    /// - Throws: ``APIError`` with 400.
    var sessionID: SessionID {
        get throws(APIError) {
            guard let text = parameters.get("session_id"), let id = SessionID(text) else {
                throw .invalidParameter("session_id", "must be a UUID")
            }
            return id
        }
    }
}

extension APIContext {
    /// Who asks for something to be done to a session, by a request without content, and the session.
    ///
    /// - Throws: ``APIError`` with 401, 400 or 413.
    func requireOrder(_ request: Request) async throws -> (owner: KeyOwner, session: SessionID) {
        let (owner, session) = (try self.owner, try sessionID)
        try await request.requireNoContent()
        return (owner, session)
    }
}

extension APIContext {
    /// A part of the path that may be any text, as the client meant it: the router leaves it percent-encoded.
    ///
    /// - Throws: ``APIError`` with 400 when it is not the encoding of a text.
    func decodedParameter(_ name: String) throws(APIError) -> String {
        guard let text = parameters.get(name)?.removingPercentEncoding, !text.utf8.contains(0) else {
            throw .invalidParameter(name, "must be percent-encoded UTF-8")
        }
        return text
    }
}

extension StringProtocol {
    func trimmingSpaces() -> SubSequence {
        let start = firstIndex { $0 != " " && $0 != "\t" } ?? endIndex
        let end = lastIndex { $0 != " " && $0 != "\t" }.map { index(after: $0) } ?? start
        return self[start..<Swift.max(start, end)]
    }
}
