import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Postgres
import Record
import TramlineModel

extension APIError {
    /// Sorts whatever a handler threw: the one place where errors of other modules become answers.
    ///
    /// What it does not know is a fault of ours, a 500 that tells nothing.
    init(sorting error: any Error) {
        self =
            switch error {
            case let error as APIError: error
            case let error as ImportRefusal: Self.sorted(error)
            case let error as ExportRefusal: Self.sorted(error)
            case let error as UploadRefusal: APIError(error)
            case let error as RecordError: Self.sorted(error)
            case let error as PostgresError: Self.sorted(error)
            case let error as HTTPError: Self.sorted(error)
            case let error as DeliveryError where error.code == .unavailable || error.code == .cancelled:
                .unavailable("The queue cannot be reached at the moment.", retryAfter: 5, cause: error)
            case is HTTPParserError:
                APIError(
                    status: .badRequest,
                    code: .malformedRequest,
                    message: "The request is not HTTP as it should be."
                )
            case is CancellationError:
                .unavailable("The server is stopping.", retryAfter: 1, cause: error)
            default: .internalError(error)
            }
    }

    private static func internalError(_ cause: any Error) -> APIError {
        APIError(
            status: .internalServerError,
            code: .internalError,
            message: "Something went wrong on our side. Quote the request id when you report it.",
            cause: cause
        )
    }

    /// 422, for a body that was read and is not what it should be.
    init(invalidRequest faults: [ImportFault], more: Int) {
        self.init(faults, more: more, code: .invalidRequest, "with the request.")
    }

    private init(_ faults: [ImportFault], more: Int, code: Code, _ end: String) {
        let count = faults.count + more
        self.init(
            status: .unprocessableContent,
            code: code,
            message: (count == 1 ? "1 thing is wrong " : "\(count) things are wrong ") + end,
            details: faults.map { Detail(at: $0.at, message: $0.message) }
                + (more > 0 ? [Detail(at: "body", message: "has \(more) more faults")] : [])
        )
    }

    private static func sorted(_ error: ImportRefusal) -> APIError {
        switch error {
        case .tooLarge:
            return .bodyTooLarge(limit: ImportLimits.bodyBytes)
        case .malformed(let syntax):
            return APIError(
                status: .badRequest,
                code: .malformedJSON,
                message: "The body is not JSON: \(syntax).",
                details: [Detail(at: "body", message: "\(syntax)")]
            )
        case .invalid(let faults, let more):
            return APIError(faults, more: more, code: .invalidSession, "with the session; nothing was stored.")
        }
    }

    private static func sorted(_ refusal: ExportRefusal) -> APIError {
        let (status, code): (HTTPResponse.Status, Code) =
            switch refusal.reason {
            case .noSuchSession: (.notFound, .sessionNotFound)
            case .empty: (.unprocessableContent, .sessionEmpty)
            case .notStarted: (.unprocessableContent, .exportNotStarted)
            case .running: (.conflict, .exportRunning)
            case .completed: (.unprocessableContent, .sessionExported)
            case .failed: (.unprocessableContent, .exportFailed)
            case .cancelled: (.unprocessableContent, .exportCancelled)
            case .retriesUsedUp: (.unprocessableContent, .retriesUsedUp)
            case .integrationParked: (.forbidden, .integrationParked)
            }
        return APIError(
            status: status,
            code: code,
            message: refusal.message,
            recoveryActions: refusal.recoveryActions,
            bareBody: RetriesUsedUpBody(refusal),
            cause: refusal
        )
    }

    private static func sorted(_ error: RecordError) -> APIError {
        switch error.code {
        case .notFound:
            APIError(status: .notFound, code: .notFound, message: error.message, cause: error)
        case .fingerprintMismatch:
            APIError(status: .unprocessableContent, code: .idempotencyKeyReused, message: error.message, cause: error)
        case .conflict, .staleClaim:
            // Somebody was faster: the same request will get its answer.
            APIError(
                status: .conflict,
                code: .conflict,
                message: error.message,
                headers: [.retryAfter: "1"],
                cause: error
            )
        case .unreadable:
            .internalError(error)
        }
    }

    private static func sorted(_ error: PostgresError) -> APIError {
        switch error.code {
        case .connectionFailed, .connectionLost, .timedOut, .poolClosed:
            .unavailable("The database cannot be reached at the moment.", retryAfter: 5, cause: error)
        case .commitUncertain:
            .unavailable(
                "The connection to the database broke: the change may have been made or not. Look before you repeat it.",
                retryAfter: 5,
                cause: error
            )
        case .poolExhausted, .cancelled:
            .unavailable("The server is busy.", retryAfter: 1, cause: error)
        case .server, .rolledBack:
            error.isTransient
                ? .unavailable("The database cannot do it at the moment.", retryAfter: 1, cause: error)
                : .internalError(error)
        case .decoding, .encoding, .configuration, .migration:
            .internalError(error)
        }
    }

    /// What the framework itself throws.
    private static func sorted(_ error: HTTPError) -> APIError {
        switch error.status {
        case .notFound:
            APIError(status: .notFound, code: .notFound, message: "There is nothing here; see /openapi.json.")
        case .contentTooLarge:
            APIError(status: .contentTooLarge, code: .bodyTooLarge, message: "The body is too large.")
        default:
            error.status.kind == .clientError
                ? APIError(status: error.status, code: .malformedRequest, message: "The request cannot be understood.")
                : .internalError(error)
        }
    }
}
