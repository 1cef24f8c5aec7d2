import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension JiraError {
    /// Sorts an exchange that brought no answer.
    /// - Parameters:
    ///   - wasHanded: whether a byte of the body may have been written.
    ///   - isBodiless: for a request without body, for which only the kind of failure tells whether it left.
    static func withoutAnswer(
        _ cause: any Error,
        ending: JiraExchange.Ending,
        wasHanded: Bool,
        isBodiless: Bool,
        timeout: Duration
    ) -> JiraError {
        let code: Code
        switch ending {
        case .deadline: code = .timedOut
        case .cancellation: code = .cancelled
        case .itself: code = Code(of: cause)
        }
        let neverLeft = isBodiless ? code.meansNeverLeft : !wasHanded
        let message: String
        switch code {
        case .unreachable: message = "Jira cannot be reached: no connection could be made."
        case .connectTimedOut: message = "Jira cannot be reached: no connection was made in time."
        case .tlsFailed: message = "The secure connection to Jira could not be made."
        case .addressNotAllowed: message = "The Jira address leads to a private network, which is not allowed."
        case .timedOut: message = "Jira did not answer within \(timeout.components.seconds) seconds."
        case .cancelled: message = "The request to Jira was cancelled."
        case .invalidRequest: message = "The request to Jira could not be sent as it is."
        case .unreadableAnswer: message = "Jira's answer is not HTTP."
        default: message = "The connection to Jira ended before its answer was complete."
        }
        return JiraError(code, neverLeft ? .refused : .uncertain, message: message, cause: cause)
    }

    /// Sorts an answer that is no success.
    static func failure(_ answer: JiraAnswer, wasHanded: Bool, redacting secret: String) -> JiraError {
        var code = Code(status: answer.status)
        // To whom a credential with a CAPTCHA before it belongs is nobody as well; then it is not a permission that is missing.
        if code == .forbidden, answer.isForNobody { code = .unauthenticated }
        // What was wrong with the request stood in the part that did not come: that it was refused is known, why is not.
        if code == .rejected, answer.bodyFault != nil { code = .unreadableAnswer }
        // A status of the second group that arrives before any of the body was handed over cannot have made anything
        // either.
        let outcome: Outcome = refusals.contains(answer.status) || !wasHanded ? .refused : .uncertain
        let said = Said(answer, redacting: secret)
        let summary = code.summary(status: answer.status)
        let texts = said.errorMessages + said.fieldErrors.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        var error = JiraError(
            code,
            outcome,
            message: texts.isEmpty ? summary + "." : summary + ": " + texts.joined(separator: "; ")
        )
        error.errorMessages = said.errorMessages
        error.fieldErrors = said.fieldErrors
        error.word = said.word
        return error
    }

    /// The statuses by which nothing was made.
    ///
    /// The first row is what Jira's operations document and what the field shows; the second is HTTP's own: the
    /// request was turned away before any resource could act on it. Every other status leaves a write uncertain,
    /// redirections (a proxy may answer so after the fact), 408 and 409 included.
    private static let refusals: Set<Int> = [
        400, 401, 403, 404, 413, 415, 422, 429,
        405, 406, 410, 411, 414, 431,
    ]
}

extension JiraError.Code {
    /// The code for what AsyncHTTPClient and NIO throw.
    init(of error: any Error) {
        switch error {
        case is AddressNotAllowed:
            self = .addressNotAllowed
        case is CancellationError:
            self = .cancelled
        case let error as HTTPClientError:
            self = Self.code(of: error)
        case let error as NIOConnectionError:
            let timedOut = error.connectionErrors.contains { failure in
                if case ChannelError.connectTimeout = failure.error { true } else { false }
            }
            self = timedOut ? .connectTimedOut : .unreachable
        case is SocketAddressError:
            self = .unreachable
        case ChannelError.connectTimeout:
            self = .connectTimedOut
        case let error as IOError:
            // Connecting to a literal address fails with the bare error of the system call.
            let unmade = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EHOSTDOWN]
            self = unmade.contains(error.errnoCode) ? .unreachable : .connectionLost
        case NIOSSLError.handshakeFailed, NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate,
            is NIOSSLExtraError:
            self = .tlsFailed
        case let error as HTTPParserError where error != .invalidEOFState:
            self = .unreadableAnswer
        default:
            self = .connectionLost
        }
    }

    private static func code(of error: HTTPClientError) -> JiraError.Code {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout: .connectTimedOut
        case .tlsHandshakeTimeout: .tlsFailed
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timedOut
        case .cancelled: .cancelled
        case .bodyLengthMismatch, .invalidURL, .emptyHost, .emptyScheme, .alreadyShutdown: .invalidRequest
        default:
            // Those with values in them have no constant to compare with.
            switch error.shortDescription {
            case "Invalid header field names", "Invalid header field values": .invalidRequest
            default: .connectionLost
            }
        }
    }

    /// Whether such a failure means that no request was written.
    fileprivate var meansNeverLeft: Bool {
        switch self {
        case .unreachable, .connectTimedOut, .tlsFailed, .addressNotAllowed, .invalidRequest: true
        default: false
        }
    }

    init(status: Int) {
        self =
            switch status {
            case 400, 405, 406, 410, 411, 414, 415, 422, 431: .rejected
            case 401: .unauthenticated
            case 403: .forbidden
            case 404: .notFound
            case 413: .tooLarge
            case 429: .rateLimited
            case 500...599: .serverFault
            default: .unexpectedStatus
            }
    }

    fileprivate func summary(status: Int) -> String {
        switch self {
        case .unauthenticated: "Jira did not accept the credential (\(status))"
        case .forbidden: "Jira does not allow this (\(status))"
        case .notFound: "Jira has no such thing, or this account may not see it (\(status))"
        case .tooLarge: "Too large for Jira (\(status))"
        case .rateLimited: "Jira asks for fewer requests (\(status))"
        case .serverFault: "Jira has a fault (\(status))"
        case .rejected: "Jira refused the request (\(status))"
        default: "Jira gave an unexpected answer (\(status))"
        }
    }
}
