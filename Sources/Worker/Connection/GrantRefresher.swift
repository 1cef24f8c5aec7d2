import CrashPoints
import Delivery
import Jira
import Logging
import Postgres
import Record
import Secrets
import TramlineModel

/// Gets grants' next pairs of tokens, one attempt for each grant in the whole fleet at a time.
///
/// A refresh token is used up by its use. So the attempt is committed before anything is sent, and the new pair before anybody
/// uses it. When a process dies in between, the attempt stands unfinished in the record, and the next one, of a job or of
/// ``GrantKeeper``, uses the old refresh token again: Atlassian takes it once more within ten minutes of its first use.
struct GrantRefresher: Sendable {
    /// From the claim to the first byte; one that comes later might be sent when somebody else has the grant.
    private static let longestDelay = Duration.seconds(5)
    /// How long a new pair is kept while the record does not take it.
    private static let persistence = Duration.seconds(60)
    /// How often somebody who waits for another's attempt looks.
    private static let lookInterval = Duration.milliseconds(200)

    let grants: GrantStore
    /// `nil` where this worker knows no app at Atlassian.
    let authorization: AtlassianAuthorization?
    let box: SecretBox
    let requestTimeout: Duration
    let worker: WorkerID
    let logger: Logger

    /// How long an attempt has the grant for itself: its request is over by then.
    var claimTime: Duration { Self.longestDelay + requestTimeout + .seconds(5) }

    /// Sees to it that a grant has another access token than a given one.
    ///
    /// - Parameters:
    ///   - access: the sealed access token that is to be replaced.
    ///   - isNeeded: whether to wait while somebody else gets it.
    /// - Returns: Whether there is another one; where it is needed and the grant was not revoked, there is.
    /// - Throws: ``Fault`` when only a person can mend it; `JiraError`, *refused*, when Atlassian does not give one now.
    func renew(_ grant: GrantID, replacing access: [UInt8], isNeeded: Bool) async throws -> Bool {
        let patience = ContinuousClock.now + claimTime
        while true {
            let begun = ContinuousClock.now
            switch try await grants.claimRefresh(of: grant, replacing: access, for: claimTime) {
            case .done: return true
            case .gone: return false
            case .yours(let claim):
                try await carryOut(claim, begun: begun)
                return true
            case .taken(let remaining):
                guard isNeeded else { return false }
                guard .now < patience else {
                    throw JiraError(.timedOut, .refused, message: "Nobody could renew the access token in time.")
                }
                await Doorbell().sleep(until: .now + min(Self.lookInterval, max(remaining, .milliseconds(10))))
                try Task.checkCancellation()
            }
        }
    }

    /// Uses a claim.
    /// - Parameter begun: a moment before the claim began.
    func carryOut(_ claim: RefreshClaim, begun: ContinuousClock.Instant) async throws {
        // In a task of its own: whoever has sent a refresh token must store what comes of it, whatever becomes of the job.
        try await Task { try await exchange(claim, sendingBefore: begun + Self.longestDelay) }.value
    }

    private func exchange(_ claim: RefreshClaim, sendingBefore deadline: ContinuousClock.Instant) async throws {
        let token = try await open(claim)
        guard let authorization else {
            try await grants.giveBack(claim, for: .zero)
            throw FaultTable.oauthNotConfigured
        }
        let pair: TokenPair
        crashPoint("before-refresh")
        do throws(JiraError) {
            pair = try await authorization.refresh(token) {
                guard ContinuousClock.now < deadline else { throw RefreshTooLate() }
            }
        } catch {
            return try await giveUp(claim, error)
        }
        crashPoint("after-refresh")
        try await store(pair, by: claim, token)
        crashPoint("after-refresh-store")
    }

    private struct RefreshTooLate: Error {}

    private func open(_ claim: RefreshClaim) async throws -> String {
        do throws(SecretsError) {
            return try box.open(claim.sealedRefreshToken, in: .refreshToken(ofGrant: "\(claim.grant)")).reveal()
        } catch {
            try await grants.giveBack(claim, for: .seconds(60))
            throw FaultTable.grantUnreadable
        }
    }

    private func store(_ pair: TokenPair, by claim: RefreshClaim, _ token: String) async throws {
        let id = "\(claim.grant)"
        let sealed = SealedPair(
            access: try box.seal(Secret(pair.accessToken), in: .accessToken(ofGrant: id)),
            refresh: try box.seal(Secret(pair.refreshToken ?? token), in: .refreshToken(ofGrant: id)),
            lifetime: pair.lifetime
        )
        let deadline = ContinuousClock.now + Self.persistence
        while true {
            do {
                let isStored = try await grants.store(sealed, by: claim)
                logger.log(
                    level: isStored ? .info : .notice,
                    isStored ? "An access token was renewed" : "An access token was renewed by somebody else meanwhile",
                    metadata: ["grant.id": "\(id)"]
                )
                return
            } catch let error as PostgresError where error.isTransient && .now < deadline {
                logger.warning("A new pair of tokens is not in the record yet", metadata: ["error": "\(error)"])
                await Doorbell().sleep(until: .now + .milliseconds(250))
            }
        }
    }

    /// Sorts what Atlassian has said, and gives the claim back.
    private func giveUp(_ claim: RefreshClaim, _ error: JiraError) async throws {
        if error.refusesGrant {
            let isRevoked = try await grants.revoke(
                claim,
                reason: FaultTable.revokedReason(tryingFor: claim.tryingFor),
                by: .worker(worker)
            )
            // Somebody with a later claim may have brought a new pair: then all is well.
            guard isRevoked else { return }
            logger.error(
                "A grant is good no more: its integrations are parked",
                metadata: ["grant.id": "\(claim.grant)", "error": "\(error)"]
            )
            throw FaultTable.grantRevoked
        }
        let isOurs = error.refusesApp
        let pause: Duration = isOurs || !FaultTable.isTransient(error) ? .seconds(60) : .seconds(1)
        try await grants.giveBack(claim, for: error.retryAfter ?? pause)
        logger.warning(
            "An access token was not renewed",
            metadata: ["grant.id": "\(claim.grant)", "error": "\(error)"]
        )
        if isOurs { throw FaultTable.oauthAppRefused }
        // Nothing was sent to Jira itself, whatever has become of this request.
        var told = JiraError(error.code, .refused, message: "The access token was not renewed. \(error.message)")
        told.rateLimit = error.rateLimit
        throw told
    }
}
