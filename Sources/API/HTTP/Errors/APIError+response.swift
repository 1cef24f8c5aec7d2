import HTTPTypes
import Hummingbird
import NIOCore
import TramlineModel

/// The one shape in which every error leaves.
struct ErrorBody: Encodable {
    struct Content: Encodable {
        let code: String
        let errorCategory: String
        let userMessage: String
        let recoveryActions: [String]?
        let details: [APIError.Detail]?
        let requestId: String
    }

    let error: Content

    init(_ error: APIError, requestID: String) {
        self.error = Content(
            code: error.code.rawValue,
            errorCategory: error.category.rawValue,
            userMessage: error.message,
            recoveryActions: error.recoveryActions.isEmpty ? nil : error.recoveryActions,
            details: error.details.isEmpty ? nil : error.details,
            requestId: requestID
        )
    }
}

extension APIError {
    func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: body(requestID: requestID))
        )
    }

    func body(requestID: String) -> ByteBuffer {
        do {
            if let bareBody { return try ByteBuffer(answer: bareBody) }
            return try ByteBuffer(answer: ErrorBody(self, requestID: requestID))
        } catch {
            preconditionFailure("strings and times can be encoded: \(error)")
        }
    }
}
