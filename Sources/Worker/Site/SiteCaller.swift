import Delivery
import Jira
import Jobs
import TramlineModel

/// The only way by which a job's requests reach a Jira site: through the site's gate, one at a time.
struct SiteCaller: Sendable {
    /// How long a gate that says nothing stays closed after a 429 that names no time.
    private static let closureWithoutHint = Duration.seconds(10)
    /// A turn that takes longer to come is given up; the job goes on later.
    private static let longestWait = Duration.seconds(3600)

    let client: JiraClient
    let site: SiteID
    let run: JobRun

    /// Sends one request when the job's turn has come.
    ///
    /// - Parameters:
    ///   - spaced: whether it writes, or is a page of a search.
    ///   - preparing: runs when the turn has come, before the request: the place for what must be committed first.
    ///   - request: sends exactly one request.
    /// - Throws: what `preparing` throws; `JiraError`; `DeliveryError` when the turn did not come or the lease ended: then
    ///   nothing was sent.
    func send<Value: Sendable>(
        spaced: Bool,
        preparing: () async throws -> Void = {},
        _ request: (JiraClient) async throws(JiraError) -> JiraReply<Value>
    ) async throws -> Value {
        try await pass(spaced: spaced, preparing: preparing, request).value
    }

    /// Reads one page of a search when the job's turn has come.
    func page(
        _ request: (JiraClient) async throws(JiraError) -> JiraReply<JiraSearchPage>?
    ) async throws -> JiraReply<JiraSearchPage>? {
        try await pass(spaced: true, request)
    }

    private func pass<Reply>(
        spaced: Bool,
        preparing: () async throws -> Void = {},
        _ request: (JiraClient) async throws(JiraError) -> Reply
    ) async throws -> Reply {
        try await run.gates.withPass(
            site: site,
            job: run.claim.job.id,
            priority: run.claim.job.priority,
            spaced: spaced,
            deadline: .now + Self.longestWait
        ) { pass in
            try await preparing()
            defer { pass.requestEnded() }
            do throws(JiraError) {
                // The last look at the lease is directly before the first byte: a worker that was stopped sends nothing.
                return try await request(client.onSend { try pass.requestStarted() })
            } catch {
                if error.code == .rateLimited {
                    pass.closeGate(for: error.retryAfter ?? Self.closureWithoutHint)
                }
                if let lost = error.cause as? DeliveryError { throw lost }
                throw error
            }
        }
    }
}
