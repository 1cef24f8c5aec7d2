import ADF
import Foundation
import Jira
import Record
import TramlineModel

/// Every fault that an export can end with, as a person reads it: what happened, what is safe, what to do.
///
/// Decided by codes and statuses, never by Jira's texts, which come in the language of the account. Those texts are shown.
enum FaultTable {
    /// What a failed request to Jira means for the job that sent it.
    /// - Parameter doing: what was tried, as "creating ticket 3 of 12 (\"Login\")".
    static func fault(of error: JiraError, doing: String) -> Fault {
        switch error.code {
        case .unreachable, .connectTimedOut, .tlsFailed:
            Fault(
                category: .temporary,
                code: "jira_unreachable",
                userMessage: "Jira could not be reached while \(doing). \(error.message)",
                recoveryActions: [
                    "Check that the Jira site opens in a browser",
                    "Retry the export: it goes on with the ticket that failed, nothing is created twice",
                ]
            )
        case .timedOut, .connectionLost, .serverFault, .unreadableAnswer, .oversizedAnswer, .unexpectedStatus,
            .cancelled, .repeatedPage:
            Fault(
                category: .temporary,
                code: "jira_unavailable",
                userMessage: "Jira did not answer properly while \(doing). \(error.message)",
                recoveryActions: [
                    "Retry the export in a few minutes: it goes on with the ticket that failed, nothing is created twice",
                    "See https://status.atlassian.com for troubles of Jira itself",
                ]
            )
        case .rateLimited:
            Fault(
                category: .temporary,
                code: "jira_rate_limited",
                userMessage: "Jira limits the number of requests and refused more while \(doing).",
                recoveryActions: [
                    "Retry the export in \(minutes(RateLimitReach(error).wait)): it goes on with the ticket that failed"
                ]
            )
        case .unauthenticated:
            Fault(
                category: .adminRequired,
                code: "jira_unauthenticated",
                userMessage: "Jira accepts the credential, but not for this: \(doing). \(error.message)",
                recoveryActions: [
                    "Ask an administrator to look what Jira asks of the account: its permissions, the scopes of its token",
                    "Then retry the export: what is in Jira stays, and nothing is created twice",
                ]
            )
        case .forbidden:
            Fault(
                category: .userFixable,
                code: "jira_forbidden",
                userMessage: "The Jira account may not do this: \(doing). \(error.message)",
                recoveryActions: [
                    "Give the account the project permissions Browse Projects, Create Issues, Link Issues and "
                        + "Create Attachments",
                    "Then retry the export",
                ]
            )
        case .notFound:
            Fault(
                category: .adminRequired,
                code: "jira_not_found",
                userMessage: "Jira does not know, or does not show to the account, what is needed for \(doing).",
                recoveryActions: [
                    "Check that the project exists and that the account can see it",
                    "Then retry the export",
                ]
            )
        case .rejected, .tooLarge:
            Fault(
                category: .userFixable,
                code: "jira_rejected",
                userMessage: "Jira refused \(doing). \(error.message)",
                recoveryActions: ["Mend what Jira names, in the ticket or in the project", "Then retry the export"]
            )
        case .addressNotAllowed, .invalidRequest:
            Fault(
                category: .adminRequired,
                code: "integration_unusable",
                userMessage: "The request could not be sent while \(doing). \(error.message)",
                recoveryActions: ["Ask an administrator to check the integration: tramline-api integrations check"]
            )
        }
    }

    /// Whether trying again may help: then the fault uses one of the job's automatic attempts instead of ending it.
    static func isTransient(_ error: JiraError) -> Bool {
        switch error.code {
        case .unreachable, .connectTimedOut, .tlsFailed, .timedOut, .connectionLost, .serverFault, .unreadableAnswer,
            .oversizedAnswer, .unexpectedStatus, .cancelled, .repeatedPage, .rateLimited:
            true
        case .unauthenticated, .forbidden, .notFound, .rejected, .tooLarge, .addressNotAllowed, .invalidRequest:
            false
        }
    }

    // MARK: Credentials

    /// The credential is good for nothing any more: an integration is parked with it.
    static func credentialRefused(_ integration: Integration, _ error: JiraError) -> Fault {
        var actions = [
            integration.authKind == .oauth
                ? "Ask an administrator to consent anew: tramline-api integrations add --oauth"
                : "Ask an administrator to store a new API token: tramline-api integrations add",
            "Then retry the export: what is in Jira stays, and nothing is created twice",
        ]
        if asksForCaptcha(error) {
            actions.insert("Log in to Jira with the account once in a browser: Jira asks it for a CAPTCHA", at: 0)
        }
        return Fault(
            category: .adminRequired,
            code: "jira_unauthenticated",
            userMessage:
                "Jira does not accept the credential of the integration for the site \"\(integration.site)\" any more.",
            recoveryActions: actions
        )
    }

    /// Why an integration is parked, in one sentence.
    static func parkedReason(_ error: JiraError) -> String {
        asksForCaptcha(error)
            ? "Jira refused its credential and asks for a CAPTCHA." : "Jira refused its credential."
    }

    /// Jira does so after too many failed log-ins; the word is the header's, in no language.
    private static func asksForCaptcha(_ error: JiraError) -> Bool { error.loginReason == "AUTHENTICATION_DENIED" }

    static func integrationParked(site: String, reason: String) -> Fault {
        Fault(
            category: .adminRequired,
            code: "integration_parked",
            userMessage: "The integration for the site \"\(site)\" is not in use: \(reason)",
            recoveryActions: [
                "Ask an administrator to renew it: tramline-api integrations add", "Then retry the export",
            ]
        )
    }

    static func integrationUnusable(site: String, reason: String) -> Fault {
        Fault(
            category: .adminRequired,
            code: "integration_unusable",
            userMessage: "The integration for the site \"\(site)\" cannot be used: \(reason)",
            recoveryActions: [
                "Ask an administrator to add it again: tramline-api integrations add", "Then retry the export",
            ]
        )
    }

    // MARK: Tickets

    /// A ticket of which nobody can tell whether it is in Jira.
    struct Undecided {
        /// As "ticket 3 of 12 (\"Login\")".
        let name: String
        /// The label that makes an issue its own.
        let label: String
        let sentAt: Date
    }

    /// - Parameters:
    ///   - tickets: at least one.
    ///   - ticketOrder: of the first of them.
    static func ticketsUndecided(_ tickets: [Undecided], project: String, ticketOrder: Int?) -> Fault {
        let shown = tickets.prefix(5)
        let names = shown.map { "\($0.name), sent at \($0.sentAt.formatted(.iso8601))" }.joined(separator: "; ")
        let more = tickets.count > shown.count ? "; and \(tickets.count - shown.count) more" : ""
        let since = (tickets.map(\.sentAt).min() ?? .distantPast).addingTimeInterval(-120)
        let jql =
            "project = \"\(project)\" AND created >= \(Int64(since.timeIntervalSince1970 * 1000)) ORDER BY created ASC"
        let labels = shown.map(\.label).joined(separator: ", ")
        return Fault(
            category: .userFixable,
            code: "ticket_undecided",
            userMessage:
                "It cannot be told whether these tickets are in Jira, since the answers to their create requests "
                + "were lost: \(names)\(more). All others are done; these were left alone so that nothing is created twice.",
            recoveryActions: [
                "Look in Jira for issues with these titles: \(jql). The manual fixes name those that may be meant",
                "If one is there: delete it, or give it its ticket's label to keep it (\(labels))",
                "Then retry the export: a labelled issue is taken for the ticket's, and what is not there is created",
            ],
            ticketOrder: ticketOrder
        )
    }

    static func issueTypeMissing(_ name: String, project: String, available: [String]) -> Fault {
        Fault(
            category: .adminRequired,
            code: "issue_type_missing",
            userMessage: "The project \(project) has no issue type \"\(name)\". "
                + "It has: \(available.joined(separator: ", ")).",
            recoveryActions: [
                "Ask a Jira administrator to add the issue type to the project, or import the tickets with another type",
                "Then retry the export",
            ]
        )
    }

    static func descriptionUnusable(of ticket: String, _ report: ADFReport) -> Fault {
        Fault(
            category: .userFixable,
            code: "description_unusable",
            userMessage: "The description of \(ticket) cannot be converted. \(report.errorMessage ?? "")",
            recoveryActions: [report.suggestedFix, "Then retry the export"].compactMap(\.self)
        )
    }

    /// - Parameter doing: as "attaching a.pdf to PROJ-7".
    static func uploadUnanswered(_ doing: String) -> Fault {
        Fault(
            category: .temporary,
            code: "jira_unavailable",
            userMessage: "Jira did not answer properly while \(doing).",
            recoveryActions: [
                "Retry the export in a few minutes: it goes on with this file, and attaches it once"
            ]
        )
    }

    private static func minutes(_ wait: Duration) -> String {
        let minutes = Int((wait.inSeconds / 60).rounded(.up))
        return minutes <= 1 ? "a minute" : "\(minutes) minutes"
    }

    static func recordIncomplete(_ what: String) -> Fault {
        Fault(
            category: .adminRequired,
            code: "record_incomplete",
            userMessage: "The export cannot run: \(what)",
            recoveryActions: ["Import the session again"]
        )
    }
}
