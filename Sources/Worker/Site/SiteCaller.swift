import CrashPoints
import Delivery
import Foundation
import Jira
import Jobs
import Logging
import Record
import TramlineModel

/// The only way by which a job's requests reach a Jira site: through the site's gate, one at a time.
struct SiteCaller: Sendable {
    /// A turn that takes longer to come is given up; the job goes on later.
    private static let longestWait = Duration.seconds(3600)

    let access: SiteAccess
    let site: SiteID
    let run: JobRun
    let memory: SiteMemory
    let integrations: IntegrationStore
    let logger: Logger
    private let metrics = SiteMetrics()

    var client: JiraClient { access.client }
    /// What the site's clock shows, once it has told it.
    var siteTime: Date? { memory.time(of: site) }

    /// Sends a request that may be repeated, when the job's turn has come.
    ///
    /// One that is refused for its credential is repeated once with another, if there is another by now, or can be got.
    ///
    /// - Parameter spaced: whether it writes, or is a page of a search.
    /// - Throws: `JiraError`; ``Fault`` when the credential is good no more; `DeliveryError` when the turn did not come or
    ///   the lease ended: then nothing was sent.
    func send<Value: Sendable>(
        spaced: Bool,
        _ request: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        do {
            return try await sendOnce(spaced: spaced, request)
        } catch let error as JiraError {
            guard error.code == .unauthenticated, try await renewCredential(after: error) else { throw error }
        }
        do {
            return try await sendOnce(spaced: spaced, request)
        } catch let error as JiraError where error.code == .unauthenticated {
            try await testCredential()
            throw error
        }
    }

    /// Sends a request when the job's turn has come; once, whatever comes of it.
    ///
    /// - Parameter preparing: runs when the turn has come, before the request: the place for what must be committed first.
    /// - Throws: what `preparing` throws; `JiraError`; `DeliveryError` as ``send(spaced:_:)``.
    func sendOnce<Value: Sendable>(
        spaced: Bool,
        preparing: () async throws -> Void = {},
        _ request: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        try await run.withPass(site: site, spaced: spaced, deadline: .now + Self.longestWait) { pass in
            crashPoint("after-gate")
            // Only now, since the turn may have been long in coming.
            try await access.keepFresh()
            try await preparing()
            defer { pass.requestEnded() }
            crashPoint("before-request")
            defer { crashPoint("after-request") }
            let begun = ContinuousClock.now
            do throws(JiraError) {
                // The last look at the lease is directly before the first byte: a worker that was stopped sends nothing.
                let reply = try await request(client.onSend { try pass.requestStarted() })
                memory.note(reply.serverTime, of: site)
                metrics.tried(nil, took: begun.duration(to: .now))
                return reply.value
            } catch {
                metrics.tried(error.code, took: begun.duration(to: .now))
                memory.note(error.serverTime, of: site)
                if error.code == .rateLimited, case .site(let wait) = RateLimitReach(error) {
                    pass.closeGate(for: wait)
                }
                if let lost = error.cause as? DeliveryError { throw lost }
                throw error
            }
        }
    }

    // MARK: Refused credentials

    /// Looks what a refused credential means, once for each refusal.
    ///
    /// The record may hold another one by now. If it does not, the credential is put to the one sure test, since Jira also
    /// says 401 where only a permission is missing; if it fails that too, the integration is parked, so that every job of
    /// that credential stops.
    ///
    /// - Returns: Whether the request may be repeated with another credential. `false` means that the credential is good and
    ///   the refusal is about the request.
    /// - Throws: ``Fault`` when the credential is good no more; what the test throws otherwise.
    func renewCredential(after error: JiraError) async throws -> Bool {
        let refused = access.integration
        if try await access.renew(after: refused) {
            logger.notice("A credential was refused; there is another one", metadata: ["site.id": "\(site)"])
            return true
        }
        try await testCredential()
        return false
    }

    /// Asks Jira whose the credential is: the one sure test. Where that is refused too, the integration is parked.
    ///
    /// - Throws: ``Fault`` when the credential is good no more; what the test throws otherwise.
    private func testCredential() async throws {
        do {
            _ = try await sendOnce(spaced: false) { client throws(JiraError) in try await client.myself() }
        } catch let error as JiraError where error.code == .unauthenticated {
            let refused = access.integration
            try await run.commit { connection in
                _ = try await integrations.park(
                    refused.id,
                    refused: refused.sealedSecret,
                    reason: FaultTable.parkedReason(error),
                    on: connection
                )
                return ((), nil)
            }
            logger.error(
                "A credential is good no more: its integration is parked",
                metadata: ["site.id": "\(site)", "integration.id": "\(refused.id)"]
            )
            throw FaultTable.credentialRefused(refused, error)
        }
    }
}
