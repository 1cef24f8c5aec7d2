import Jira
import Jobs
import Logging
import Record
import Secrets
import TramlineModel

/// Opens integrations: from a sealed row to a client that may speak to the site.
struct SiteConnector: Sendable {
    let connections: JiraConnections
    let box: SecretBox
    let allowInsecure: Bool
    let credentials: any CredentialSource
    let integrations: IntegrationStore
    let memory: SiteMemory
    let logger: Logger

    /// - Throws: ``Fault`` as ``client(for:)``.
    func caller(for integration: Integration, run: JobRun) throws -> SiteCaller {
        SiteCaller(
            access: try SiteAccess(integration, connector: self),
            site: integration.gate,
            run: run,
            memory: memory,
            integrations: integrations,
            logger: logger
        )
    }

    /// - Throws: ``Fault`` when the integration is parked, its address is not allowed or its secret cannot be opened.
    func client(for integration: Integration) throws -> JiraClient {
        if let reason = integration.parkedReason {
            throw FaultTable.integrationParked(site: integration.site, reason: reason)
        }
        return JiraClient(
            site: try site(of: integration),
            credential: try credential(of: integration),
            connections: connections,
            logger: logger
        )
    }

    private func site(of integration: Integration) throws -> JiraSite {
        do throws(JiraError) {
            return try JiraSite(
                baseURL: integration.baseURL,
                browseURL: integration.browseURL,
                allowInsecure: allowInsecure
            )
        } catch {
            throw FaultTable.integrationUnusable(site: integration.site, reason: error.message)
        }
    }

    private func credential(of integration: Integration) throws -> JiraCredential {
        let secret: Secret<String>
        do throws(SecretsError) {
            let place: SecretPlace =
                integration.grant.map { .accessToken(ofGrant: "\($0)") } ?? .integration("\(integration.id)")
            secret = try box.open(integration.sealedSecret, in: place)
        } catch {
            throw FaultTable.integrationUnusable(
                site: integration.site,
                reason: "Its secret cannot be opened with the TRAMLINE_SECRET_KEY of this worker."
            )
        }
        switch integration.authKind {
        case .apiToken: return .basic(email: integration.accountEmail ?? "", token: secret.reveal())
        case .oauth: return .bearer(secret.reveal())
        }
    }
}
