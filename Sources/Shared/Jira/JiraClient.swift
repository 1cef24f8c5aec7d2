import Foundation
package import Logging
import NIOHTTP1

/// Jira Cloud's REST API, version 3, for one site and one credential.
///
/// Thin and honest: one call is one request, sent at most once, never repeated, never redirected. A call returns its
/// value or throws a ``JiraError`` whose ``JiraError/outcome`` says whether something may have been made. It knows no
/// spacing and no limits: whoever calls decides when.
///
/// A client is a value and cheap to make: one for each credential or hook, all on the same ``JiraConnections``.
package struct JiraClient: Sendable {
    package let site: JiraSite
    let credential: JiraCredential
    let connections: JiraConnections
    let logger: Logger
    private var sendHook: (@Sendable () throws -> Void)?

    /// - Parameters:
    ///   - connections: must outlive the client's calls.
    ///   - logger: gets a line at `debug` for every call: its name, status and time; no ids, no bodies, no secrets.
    package init(
        site: JiraSite,
        credential: JiraCredential,
        connections: JiraConnections,
        logger: Logger = Logger(label: "tramline.jira") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.site = site
        self.credential = credential
        self.connections = connections
        self.logger = logger
    }

    /// The same client, which tells when a request goes.
    ///
    /// - Parameter hook: called once for each request. With a body (creating, uploading, linking, searching, bulk
    ///   fetching) that is when a connection is there and the first byte of the body is about to be written to it; it
    ///   is not called when the request never leaves. A request without a body only reads; for it the hook is called
    ///   before a connection is asked for. It must return at once: the request waits for it. When it throws, nothing
    ///   is sent: the call fails as `.refused` with the hook's error as its ``JiraError/cause``.
    package func onSend(_ hook: @escaping @Sendable () throws -> Void) -> JiraClient {
        var client = self
        client.sendHook = hook
        return client
    }
}

extension JiraClient {
    /// Sends a request and reads its answer as JSON.
    /// - Parameter read: makes the value; `nil` when what every such answer has is missing.
    func send<Value: Sendable>(
        _ call: JiraCall,
        read: (JiraJSON) -> Value?
    ) async throws(JiraError) -> JiraReply<Value> {
        try await perform(call) { answer throws(JiraError) in
            let json: JiraJSON
            do throws(JiraJSON.Malformed) {
                json = try JiraJSON(parsingContiguous: answer.body)
            } catch {
                throw unreadable("is no JSON", cause: error)
            }
            guard let value = read(json) else { throw unreadable("lacks what it should have") }
            return value
        }
    }

    /// Sends a request whose success has nothing to say.
    func send(_ call: JiraCall) async throws(JiraError) -> JiraReply<Void> {
        try await perform(call) { _ throws(JiraError) in () }
    }

    private func unreadable(_ what: String, cause: (any Error)? = nil) -> JiraError {
        JiraError(.unreadableAnswer, .uncertain, message: "Jira's answer \(what).", cause: cause)
    }

    /// Sends a request, sorts its failures and measures it.
    private func perform<Value: Sendable>(
        _ call: JiraCall,
        read: (JiraAnswer) throws(JiraError) -> Value
    ) async throws(JiraError) -> JiraReply<Value> {
        guard credential.isUsable else {
            throw JiraError(
                .invalidRequest,
                .refused,
                message: "The Jira credential is empty or has characters it cannot have."
            )
        }
        let watch = SendWatch(onSend: sendHook)
        let exchange = JiraExchange(connections: connections, site: site, credential: credential, watch: watch)
        let started = ContinuousClock.now
        let (result, ending) = await exchange.run(call, timeout: exchangeTimeout(of: call))
        let handed = watch.close()
        let roundTrip = ContinuousClock.now - (handed ?? started)

        switch result {
        case .failure(let cause):
            var error = JiraError.withoutAnswer(
                cause,
                ending: ending,
                wasHanded: handed != nil,
                isBodiless: call.isBodiless,
                timeout: exchangeTimeout(of: call)
            )
            error.call = call.name
            log(call, error: error, roundTrip: roundTrip)
            throw error
        case .success(let answer):
            do throws(JiraError) {
                try check(answer, of: call, ending: ending, wasHanded: handed != nil)
                let value = try read(answer)
                let reply = JiraReply(
                    value: value,
                    roundTrip: roundTrip,
                    serverTime: answer.serverTime,
                    rateLimit: answer.rateLimit,
                    requestID: answer.requestID
                )
                log(call, status: answer.status, roundTrip: roundTrip)
                return reply
            } catch {
                var error = error
                error.describe(call, answer)
                log(call, error: error, roundTrip: roundTrip)
                throw error
            }
        }
    }

    private func exchangeTimeout(of call: JiraCall) -> Duration {
        connections.configuration.requestTimeout + call.additionalTime
    }

    /// Lets a whole success pass and sorts the rest.
    private func check(
        _ answer: JiraAnswer,
        of call: JiraCall,
        ending: JiraExchange.Ending,
        wasHanded: Bool
    ) throws(JiraError) {
        guard call.expected.contains(answer.status) else {
            throw .failure(answer, wasHanded: wasHanded, redacting: credential.secret)
        }
        if let fault = answer.bodyFault {
            if fault is AnswerTooLarge {
                throw JiraError(.oversizedAnswer, .uncertain, message: "Jira's answer is too large.")
            }
            // Whatever broke off, the status has said that it was done.
            throw .withoutAnswer(
                fault,
                ending: ending,
                wasHanded: true,
                isBodiless: call.isBodiless,
                timeout: exchangeTimeout(of: call)
            )
        }
        // Jira answers many a read with a bad credential as if nobody in particular had asked: 200 and an empty list.
        // To take that for the truth would make issues look deleted. A write that succeeded has succeeded, whoever it
        // counts for.
        if call.onlyReads, answer.isForNobody {
            throw JiraError(
                .unauthenticated,
                .refused,
                message: "Jira did not accept the credential and answered to nobody."
            )
        }
    }

    private func log(_ call: JiraCall, status: Int, roundTrip: Duration) {
        logger.debug(
            "Jira answered",
            metadata: ["jira.call": "\(call.name)", "jira.status": "\(status)", "jira.round_trip": "\(roundTrip)"]
        )
    }

    private func log(_ call: JiraCall, error: JiraError, roundTrip: Duration) {
        logger.debug(
            "Jira call failed",
            metadata: [
                "jira.call": "\(call.name)", "jira.code": "\(error.code.rawValue)",
                "jira.outcome": "\(error.outcome.rawValue)", "jira.status": "\(error.status ?? 0)",
                "jira.request_id": "\(error.requestID ?? "")", "jira.round_trip": "\(roundTrip)",
            ]
        )
    }
}

extension JiraAnswer {
    var serverTime: Date? { headers.first(name: "Date").flatMap(JiraTime.date(fromHTTP:)) }
    var rateLimit: JiraRateLimit? { JiraRateLimit(now: Date()) { headers.first(name: $0) } }
    var requestID: String? {
        (headers.first(name: "X-AREQUESTID") ?? headers.first(name: "atl-traceid")).map {
            JiraError.shortened($0, to: 100)
        }
    }
    /// Whether the answer itself says that the credential was not accepted.
    var isForNobody: Bool {
        headers[canonicalForm: "X-Seraph-LoginReason"].contains {
            ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"].contains($0)
        }
    }
    var loginReason: String? {
        headers.first(name: "X-Seraph-LoginReason").map { JiraError.shortened($0, to: 100) }
    }
}

extension JiraError {
    /// Adds what the answer tells about any failure.
    fileprivate mutating func describe(_ call: JiraCall, _ answer: JiraAnswer) {
        self.call = call.name
        status = answer.status
        serverTime = answer.serverTime
        rateLimit = answer.rateLimit
        requestID = answer.requestID
        loginReason = answer.loginReason
    }
}
