import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

extension Response {
    /// Makes an answer of JSON.
    static func json(
        _ status: HTTPResponse.Status,
        _ body: some Encodable,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        // Answers tell of one team's sessions as they are now.
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try ByteBuffer(answer: body)))
    }
}

extension ByteBuffer {
    /// The JSON of an answer: members in snake case and sorted, so that equal answers are equal bytes.
    init(answer body: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(data: try encoder.encode(body))
    }
}

/// A member that is `null` where it has no value, rather than absent.
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
