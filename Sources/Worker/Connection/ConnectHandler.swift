import Jira
import Jobs
import Logging
import Postgres
import Record
import Secrets
import TramlineModel

/// Makes integrations of a consent: exchanges the code that the browser has brought, asks which sites it opens, and has the
/// team's integrations for them live by the grant.
///
/// The code is good once, so the grant is committed before anything else is asked: a later run goes on with it.
struct ConnectHandler: JobHandler {
    /// The most sites that one consent makes integrations for.
    private static let mostSites = 100

    let consents: ConsentStore
    let grants: GrantStore
    let integrations: IntegrationStore
    /// `nil` where this worker knows no app at Atlassian.
    let authorization: AtlassianAuthorization?
    let box: SecretBox
    let allowInsecure: Bool
    let logger: Logger

    func run(_ run: JobRun) async throws -> JobOutcome {
        let order = try AnswerJSON.decode(ConnectionOrder.self, from: run.claim.job.payload)
        guard let authorization else { return .failed(FaultTable.oauthNotConfigured) }
        guard let consent = try await consents.load(order.consentId, on: consents.pool) else {
            return .failed(FaultTable.consentRefused)
        }
        do {
            let (grant, access) = try await redeem(consent, authorization, run)
            let sites = try await authorization.sites(accessToken: access)
            let usable = Set(sites).filter {
                $0.scopes.contains("read:jira-work") && $0.scopes.contains("write:jira-work")
            }
            .compactMap { granted($0, authorization) }
            .sorted { $0.browseURL < $1.browseURL }.prefix(Self.mostSites)
            guard !usable.isEmpty else { return .failed(FaultTable.noSiteGranted) }
            try await run.commit { connection in
                let connected = try await integrations.connect(
                    Array(usable),
                    to: grant,
                    of: consent.team,
                    by: consent.actor,
                    on: connection
                )
                let result = try AnswerJSON.encode(ConnectedSites(connected))
                try await run.jobs.storeResult(result, of: run.claim, on: connection)
                return ((), nil)
            }
            logger.notice("A consent has connected sites", metadata: ["sites": "\(usable.count)"])
            return .succeeded
        } catch let fault as Fault {
            return .failed(fault)
        } catch let error as JiraError {
            if error.code == .cancelled, run.shouldStop { return .handedOver }
            logger.warning("A consent was not redeemed", metadata: ["error": "\(error)"])
            let fault = FaultTable.fault(of: error, doing: "connecting the site")
            return FaultTable.isTransient(error) ? .retry(fault, after: error.retryAfter) : .failed(fault)
        }
    }

    /// Exchanges a consent's code for a grant, unless that was done before.
    /// - Returns: The grant, and its access token.
    private func redeem(
        _ consent: Consent,
        _ authorization: AtlassianAuthorization,
        _ run: JobRun
    ) async throws -> (GrantID, access: String) {
        let id = "\(consent.id)"
        if let grant = consent.grant {
            guard let sealed = try await grants.sealedAccessToken(of: grant) else { throw FaultTable.consentRefused }
            return (grant, try open(sealed, in: .accessToken(ofGrant: "\(grant)")))
        }
        guard let sealedCode = consent.sealedCode else { throw FaultTable.consentRefused }
        let code = try open(sealedCode, in: .code(ofConsent: id))
        let verifier = try open(consent.sealedVerifier, in: .verifier(ofConsent: id))
        let pair: TokenPair
        do throws(JiraError) {
            pair = try await authorization.exchange(code: code, verifier: verifier, redirection: consent.redirection)
        } catch {
            if error.refusesGrant { throw FaultTable.consentRefused }
            if error.refusesApp { throw FaultTable.oauthAppRefused }
            throw error
        }
        guard let refresh = pair.refreshToken else { throw FaultTable.consentWithoutRefresh }
        let grant = GrantID()
        let sealed = SealedPair(
            access: try box.seal(Secret(pair.accessToken), in: .accessToken(ofGrant: "\(grant)")),
            refresh: try box.seal(Secret(refresh), in: .refreshToken(ofGrant: "\(grant)")),
            lifetime: pair.lifetime
        )
        try await run.commit { connection in
            try await grants.insert(grant, team: consent.team, scopes: pair.scopes, sealed, on: connection)
            try await consents.note(grant, for: consent.id, on: connection)
            return ((), nil)
        }
        return (grant, pair.accessToken)
    }

    private func open(_ sealed: [UInt8], in place: SecretPlace) throws(Fault) -> String {
        do throws(SecretsError) {
            return try box.open(sealed, in: place).reveal()
        } catch {
            throw FaultTable.grantUnreadable
        }
    }

    /// - Returns: `nil` for a site whose address is not one that requests may go to.
    private func granted(_ site: AccessibleSite, _ authorization: AtlassianAuthorization) -> GrantedSite? {
        guard let cloudID = CloudID(site.cloudID) else { return nil }
        do throws(JiraError) {
            let checked = try JiraSite(
                baseURL: authorization.address(of: site),
                browseURL: site.url,
                allowInsecure: allowInsecure
            )
            guard let gate = SiteID(address: checked.browseURL) else { return nil }
            return GrantedSite(
                cloudID: cloudID,
                name: Self.name(of: site, gate),
                baseURL: checked.baseURL,
                browseURL: checked.browseURL,
                gate: gate
            )
        } catch {
            logger.warning("A granted site's address cannot be used", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// What a team calls the site until it says otherwise: Atlassian's name for it, or else its address.
    private static func name(of site: AccessibleSite, _ gate: SiteID) -> String {
        let name = site.name.unicodeScalars.filter { $0.properties.generalCategory != .control }
            .reduce(into: "") { $0.unicodeScalars.append($1) }.trimmingPrefix { $0 == " " }
        return String((name.isEmpty ? Substring(gate.rawValue) : name).prefix(80))
    }

    /// Whatever came of it, what is sealed in the consent is of no use any more.
    func conclude(
        _ claim: JobClaim,
        as settlement: JobSettlement,
        on connection: PostgresConnection
    ) async throws -> ProgressMark? {
        guard settlement.state.isFinal else { return nil }
        let order = try AnswerJSON.decode(ConnectionOrder.self, from: claim.job.payload)
        try await consents.remove(order.consentId, on: connection)
        return nil
    }
}
