import Foundation
import Jira
import Testing
import TramlineModel

@testable import Worker

@Suite("What a look means for a lost create")
struct VerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What was seen: an issue with the marker, one without, one newer than the deadline.
        var proven: [Int] = []
        var candidates: [Int] = []
        var newest: TimeInterval?
        var blindness: String?
        /// Seconds from the deadline, which is 30 s after the intention, to the look.
        var sinceDeadline: TimeInterval = 0
        var settle: Double = 300
        var isPersonsWord = false
        let verdict: String
    }

    static let cases = [
        Case(testDescription: "found at once", proven: [5], sinceDeadline: -30, verdict: "adopt 5"),
        Case(testDescription: "twins", proven: [7, 5, 11], sinceDeadline: 1000, verdict: "adopt 5, twins 7 11"),
        Case(testDescription: "found beside a candidate", proven: [9], candidates: [4], verdict: "adopt 9"),
        Case(testDescription: "found though the search was refused", proven: [9], blindness: "403", verdict: "adopt 9"),
        Case(testDescription: "too early", sinceDeadline: -28, verdict: "again in 2.0"),
        Case(testDescription: "ever later looks", sinceDeadline: 60, verdict: "again in 90.0"),
        Case(testDescription: "the last early look comes at the end", sinceDeadline: 280, verdict: "again in 20.0"),
        Case(testDescription: "early, with a newer issue", newest: 100, sinceDeadline: 299, verdict: "again in 1.0"),
        Case(testDescription: "early, with a candidate", candidates: [4], sinceDeadline: 299, verdict: "again in 1.0"),
        Case(testDescription: "settled, with a newer issue", newest: 31, sinceDeadline: 300, verdict: "absent"),
        Case(testDescription: "settled, newest too old", newest: 30, sinceDeadline: 300, verdict: "again in 330.0"),
        Case(testDescription: "settled, nothing newer", sinceDeadline: 300, verdict: "again in 330.0"),
        Case(testDescription: "nearly three settle times", sinceDeadline: 890, verdict: "again in 10.0"),
        Case(testDescription: "three settle times", sinceDeadline: 900, verdict: "absent"),
        Case(testDescription: "a candidate", candidates: [6, 4], newest: 99, sinceDeadline: 300, verdict: "park 4 6"),
        Case(testDescription: "no sight", newest: 99, blindness: "403", sinceDeadline: 300, verdict: "park 403"),
        Case(testDescription: "no sight for long", blindness: "403", sinceDeadline: 9000, verdict: "park 403"),
        Case(testDescription: "no settle time", sinceDeadline: 0, settle: 0, verdict: "absent"),
        Case(testDescription: "no settle time, early", sinceDeadline: -1, settle: 0, verdict: "again in 1.0"),
        Case(
            testDescription: "a person's word",
            candidates: [4],
            blindness: "403",
            sinceDeadline: 10,
            isPersonsWord: true,
            verdict: "absent"
        ),
        Case(
            testDescription: "a person's word, and it is there",
            proven: [4],
            sinceDeadline: 10,
            isPersonsWord: true,
            verdict: "adopt 4"
        ),
    ]

    @Test("The table", arguments: cases)
    func table(_ example: Case) {
        let ticket = Make.ticket(title: "Lost")
        let lost = Make.lost(ticket, attempt: 2)
        let windows = [lost.marker: JiraWindow(lost.operation, databaseNow: Make.start, jiraNow: Make.start)]
        var evidence = Evidence([lost], windows: windows, account: Make.account)
        for id in example.proven { evidence.see(Make.issue(id, title: "Lost", property: ticket.marker)) }
        for id in example.candidates { evidence.see(Make.issue(id, title: "Lost")) }
        if let newest = example.newest { evidence.pass(Make.issue(99, after: newest)) }
        let verdict = Verdict(
            lost,
            evidence,
            blindness: example.blindness,
            times: Verdict.Times(
                sinceIntention: .seconds(30 + example.sinceDeadline),
                sinceDeadline: .seconds(example.sinceDeadline),
                deadline: Make.start.addingTimeInterval(30),
                settle: .seconds(example.settle)
            ),
            isPersonsWord: example.isPersonsWord
        )
        #expect(Self.words(verdict) == example.verdict)
    }

    private static func words(_ verdict: Verdict) -> String {
        func ids(_ issues: [JiraIssue]) -> String { issues.map(\.id).joined(separator: " ") }
        return switch verdict {
        case .adopt(let issue, let twins): "adopt \(issue.id)" + (twins.isEmpty ? "" : ", twins \(ids(twins))")
        case .absent: "absent"
        case .lookAgain(let wait): "again in \(wait.inSeconds)"
        case .park(.candidates(let issues)): "park \(ids(issues))"
        case .park(.noSight(let reason)): "park \(reason)"
        }
    }
}
