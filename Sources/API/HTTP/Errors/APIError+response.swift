import HTTPTypes
import Hummingbird
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
        do {
            return try Response.json(status, ErrorBody(self, requestID: requestID), headers: headers)
        } catch {
            preconditionFailure("strings can be encoded: \(error)")
        }
    }
}
