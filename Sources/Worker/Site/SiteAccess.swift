import Jira
import Record
import Synchronization
import TramlineModel

/// Finds another credential once Jira has refused one: the place where each kind of credential renews itself in its own way.
protocol CredentialSource: Sendable {
    /// - Parameter refused: the integration as it was when its credential was refused.
    /// - Returns: The integration as it is now; the same secret means that there is no other.
    func integration(after refused: Integration) async throws -> Integration?
}

/// Credentials that a person stores: somebody may have stored another one since the job began.
struct StoredCredentials: CredentialSource {
    let integrations: IntegrationStore

    func integration(after refused: Integration) async throws -> Integration? {
        try await integrations.load(refused.id, on: integrations.pool)
    }
}

/// The client that a job's requests go through, and what becomes of it when Jira refuses its credential.
final class SiteAccess: Sendable {
    private let connector: SiteConnector
    private let state: Mutex<(client: JiraClient, integration: Integration)>

    /// - Throws: ``Fault`` as ``SiteConnector/client(for:)``.
    init(_ integration: Integration, connector: SiteConnector) throws {
        self.connector = connector
        state = Mutex((try connector.client(for: integration), integration))
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
            state = (client, current)
            return true
        }
    }
}
