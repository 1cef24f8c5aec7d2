import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOFoundationCompat
import Testing
import TramlineModel

/// The one shape of errors, as a client reads it.
struct ErrorAnswer: Decodable {
    struct Content: Decodable {
        struct Detail: Decodable, Equatable {
            let at: String
            let message: String
        }

        let code: String
        let errorCategory: String
        let userMessage: String
        let recoveryActions: [String]?
        let details: [Detail]?
        let requestId: String
    }

    let error: Content
}

extension TestResponse {
    /// The body as a JSON object.
    var json: [String: JSONValue] {
        get throws {
            guard case .object(let members) = try JSONValue(parsing: Data(buffer: body)) else { return [:] }
            return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
        }
    }

    /// Reads an error and checks what all errors have in common.
    func error(sourceLocation: SourceLocation = #_sourceLocation) throws -> ErrorAnswer.Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let content = try decoder.decode(ErrorAnswer.self, from: Data(buffer: body)).error
        #expect(headers[.contentType] == "application/json", sourceLocation: sourceLocation)
        #expect(content.requestId == headers[HTTPField.Name("X-Request-ID")!], sourceLocation: sourceLocation)
        #expect(!content.userMessage.isEmpty, sourceLocation: sourceLocation)
        return content
    }
}

extension JSONValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int64? { if case .number(let number) = self { number.integer } else { nil } }
    var double: Double? { if case .number(let number) = self { number.double } else { nil } }
    var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

    subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members.first { $0.name == name }?.value } else { nil }
    }
}
