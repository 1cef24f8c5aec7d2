import TramlineModel

// Consents, grants and what becomes of them, as a person reads it.
extension FaultTable {
    /// Why an integration is parked whose refresh token Atlassian takes no more, in a sentence or two.
    /// - Parameter wait: since when a new pair was tried for.
    static func revokedReason(tryingFor wait: Duration) -> String {
        let reason =
            wait > .seconds(600)
            ? "A renewal of its access was interrupted for longer than Atlassian allows."
            : "Atlassian renews its access no more: the consent was taken back, or has run out."
        return reason + " Somebody must consent anew: tramline-api integrations add --oauth."
    }

    static let grantRevoked = Fault(
        category: .adminRequired,
        code: "jira_unauthenticated",
        userMessage:
            "Atlassian does not renew the access of the integration any more: the consent was taken back, or has "
            + "run out.",
        recoveryActions: [
            "Ask an administrator to consent anew: tramline-api integrations add --oauth, or the address that "
                + "GET /api/integrations/oauth/start gives",
            "Then retry the export: what is in Jira stays, and nothing is created twice",
        ]
    )

    static let grantUnreadable = Fault(
        category: .adminRequired,
        code: "integration_unusable",
        userMessage: "The integration's tokens cannot be opened with the TRAMLINE_SECRET_KEY of this worker.",
        recoveryActions: [
            "Ask an administrator to give all processes the key that the tokens were sealed with, or to consent anew"
        ]
    )

    static let oauthNotConfigured = Fault(
        category: .adminRequired,
        code: "oauth_unavailable",
        userMessage: "A worker knows no app at Atlassian, so it cannot renew or begin anything by OAuth.",
        recoveryActions: ["Ask an administrator to set JIRA_CLIENT_ID and JIRA_CLIENT_SECRET for all processes"]
    )

    static let oauthAppRefused = Fault(
        category: .adminRequired,
        code: "oauth_unavailable",
        userMessage: "Atlassian does not know Tramline's app, or not with the secret that the worker has.",
        recoveryActions: ["Ask an administrator to check JIRA_CLIENT_ID and JIRA_CLIENT_SECRET of all processes"]
    )

    static let consentRefused = Fault(
        category: .userFixable,
        code: "consent_refused",
        userMessage:
            "Atlassian does not take the code that the browser has brought: it was used before, or is too old.",
        recoveryActions: ["Begin again: GET /api/integrations/oauth/start"]
    )

    static let consentWithoutRefresh = Fault(
        category: .adminRequired,
        code: "oauth_unavailable",
        userMessage: "Atlassian gave no refresh token: the app may not ask for offline_access.",
        recoveryActions: ["Ask an administrator to look at the app's settings in Atlassian's developer console"]
    )

    static let noSiteGranted = Fault(
        category: .userFixable,
        code: "consent_refused",
        userMessage: "The consent opens no Jira site in which issues may be read and created.",
        recoveryActions: [
            "Begin again, and choose a Jira site on Atlassian's page",
            "Ask an administrator whether the app has the scopes read:jira-work and write:jira-work",
        ]
    )
}
