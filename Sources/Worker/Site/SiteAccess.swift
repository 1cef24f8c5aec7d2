import Jira
import Logging
import Record
import Synchronization
import TramlineModel

/// Finds another credential: the place where each kind of credential renews itself in its own way.
protocol CredentialSource: Sendable {
    /// After Jira has refused one.
    /// - Parameter refused: the integration as it was when its credential was refused.
    /// - Returns: The integration as it is now; the same secret means that there is no other.
    func integration(after refused: Integration) async throws -> Integration?

    /// Before one runs out.
    /// - Parameters:
    ///   - expiring: the integration whose access token has run out, or soon will.
    ///   - isOver: whether it has: then there is no going on without another.
    /// - Returns: The integration as it is now.
    func integration(inPlaceOf expiring: Integration, isOver: Bool) async throws -> Integration?
}

/// The record's credentials: somebody may have stored another one since the job began, and a grant's are renewed.
struct StoredCredentials: CredentialSource {
    let integrations: IntegrationStore
    let refresher: GrantRefresher

    func integration(after refused: Integration) async throws -> Integration? {
        let current = try await integrations.load(refused.id, on: integrations.pool)
        guard let current, let grant = current.grant, current.parkedReason == nil,
            current.sealedSecret == refused.sealedSecret
        else { return current }
        _ = try await refresher.renew(grant, replacing: refused.sealedSecret, isNeeded: true)
        return try await integrations.load(refused.id, on: integrations.pool)
    }

    func integration(inPlaceOf expiring: Integration, isOver: Bool) async throws -> Integration? {
        if let grant = expiring.grant {
            _ = try await refresher.renew(grant, replacing: expiring.sealedSecret, isNeeded: isOver)
        }
        return try await integrations.load(expiring.id, on: integrations.pool)
    }
}

/// The client that a job's requests go through, and what becomes of it when its credential runs out or is refused.
final class SiteAccess: Sendable {
    /// An access token is renewed so long before its end, or a tenth of its life if that is less.
    private static let foresight = Duration.seconds(300)

    private struct State {
        var client: JiraClient
        var integration: Integration
        /// When the integration was read, or a little later.
        var readAt: ContinuousClock.Instant
    }

    private let connector: SiteConnector
    private let state: Mutex<State>

    /// - Throws: ``Fault`` as ``SiteConnector/client(for:)``.
    init(_ integration: Integration, connector: SiteConnector) throws {
        self.connector = connector
        state = Mutex(
            State(client: try connector.client(for: integration), integration: integration, readAt: .now)
        )
    }

    var client: JiraClient { state.withLock { $0.client } }
    var integration: Integration { state.withLock { $0.integration } }

    /// Takes another credential after one was refused, if there is another.
    ///
    /// - Parameter refused: the integration whose credential was refused.
    /// - Returns: Whether there is one to try now.
    /// - Throws: ``Fault`` when the integration has been parked since, or cannot be opened.
    func renew(after refused: Integration) async throws -> Bool {
        if integration.sealedSecret != refused.sealedSecret { return true }
        guard let current = try await connector.credentials.integration(after: refused) else { return false }
        let client = try connector.client(for: current)
        return state.withLock { state in
            guard current.sealedSecret != refused.sealedSecret else { return false }
            state = State(client: client, integration: current, readAt: .now)
            return true
        }
    }

    /// Takes a new access token when the present one is about to run out.
    ///
    /// One that is good for a while yet is used on where there is no other for the moment.
    ///
    /// - Throws: ``Fault`` when the integration is parked, or the worker cannot renew anything; `JiraError`, *refused*, when the
    ///   token has run out and there is no other now.
    func keepFresh() async throws {
        let (current, readAt) = state.withLock { ($0.integration, $0.readAt) }
        guard let validity = current.validity else { return }
        let end = readAt + validity.remaining
        let due = end - min(Self.foresight, validity.lifetime / 10)
        guard due <= .now else { return }
        let isOver = end <= .now
        do {
            let renewed = try await connector.credentials.integration(inPlaceOf: current, isOver: isOver)
            guard let renewed, renewed.sealedSecret != current.sealedSecret || renewed.parkedReason != nil else {
                return
            }
            let client = try connector.client(for: renewed)
            state.withLock { $0 = State(client: client, integration: renewed, readAt: .now) }
        } catch let error as JiraError where !isOver {
            connector.logger.notice(
                "An access token is used on though its end is near",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
