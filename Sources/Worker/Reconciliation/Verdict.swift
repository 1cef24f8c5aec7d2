import Foundation
import Jira
import TramlineModel

/// What a look for the issue of a lost create means. Pure: the one place that decides when a create may be sent again.
///
/// | seen | before the settle time is over | afterwards |
/// |---|---|---|
/// | issues with the marker | adopt the oldest, the others are twins | the same |
/// | candidates without a marker | look again | park |
/// | nothing, and the look was not complete or was refused | look again | park |
/// | nothing, and a newer issue than the deadline | look again | absent |
/// | nothing, and no newer issue | look again | look again; absent after three settle times |
///
/// Both times run from the deadline of the request, when this side gave it up: Jira may act upon it later still. That the
/// project's counter has moved past the deadline is a sign that nothing is held up in Jira; where nobody creates anything,
/// the longer time stands in for it.
///
/// | `JIRA_SETTLE_SECONDS` | again from, after the deadline | where nothing newer is seen |
/// |---|---|---|
/// | 300 (default) | 5 min | 15 min |
/// | 60 | 1 min | 3 min |
/// | 2 | 2 s | 6 s |
/// | 0 | at once | at once |
///
/// Looks come after 2, 4, 8 … s, and always when one of these times is over.
enum Verdict: Sendable {
    /// It is there. More than one means twins: only the oldest is the ticket's.
    case adopt(JiraIssue, twins: [JiraIssue])
    /// It is not there, and can no longer come: another create is safe.
    case absent
    /// It may still come; look again after so long.
    case lookAgain(Duration)
    /// Nobody can tell: a person must look.
    case park(Doubt)

    /// Why a lost create cannot be decided.
    enum Doubt: Sendable, Equatable {
        /// Issues that may be it, without a marker.
        case candidates([JiraIssue])
        /// Jira did not let us look; why, in words.
        case noSight(String)
    }

    /// The times that a verdict depends on.
    struct Times: Sendable {
        /// From the intention to the beginning of the look, by the database's clock.
        var sinceIntention: Duration
        /// From the deadline to the beginning of the look, by the same clock; negative before it.
        var sinceDeadline: Duration
        /// The deadline by Jira's clock.
        var deadline: Date
        /// `JIRA_SETTLE_SECONDS`.
        var settle: Duration

        /// Whether absence can prove anything by now.
        var isSettled: Bool { untilSettled <= .zero }
        var untilSettled: Duration { settle - sinceDeadline }
        /// How much longer it takes where nothing newer is seen.
        static let patience = 3
    }

    /// - Parameters:
    ///   - blindness: why the look may have missed it; `nil` for one that saw all there is to see.
    ///   - isPersonsWord: whether a person has looked and asked to go on: then what is not found is created.
    init(
        _ lost: LostCreate,
        _ evidence: Evidence,
        blindness: String?,
        times: Times,
        isPersonsWord: Bool
    ) {
        let proven = evidence.proven(lost.marker)
        if let oldest = proven.first {
            self = .adopt(oldest, twins: Array(proven.dropFirst()))
            return
        }
        if isPersonsWord {
            self = .absent
            return
        }
        guard times.isSettled else {
            let usual = max(.seconds(2), times.sinceIntention)
            self = .lookAgain(min(usual, times.untilSettled))
            return
        }
        let candidates = evidence.candidates(lost.marker)
        if !candidates.isEmpty {
            self = .park(.candidates(candidates))
        } else if let blindness {
            self = .park(.noSight(blindness))
        } else if evidence.newest.map({ $0 > times.deadline }) ?? false {
            self = .absent
        } else {
            let rest = times.settle * Times.patience - times.sinceDeadline
            self = rest > .zero ? .lookAgain(min(rest, max(.seconds(2), times.sinceIntention))) : .absent
        }
    }
}
