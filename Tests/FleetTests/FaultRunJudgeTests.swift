import Foundation
import Testing

@Suite("The judge of fault runs")
struct FaultRunJudgeTests {
    /// What went wrong in a run that is otherwise without fault, and what the judge must say.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let word: String
        let make: @Sendable (inout FaultRunEvidence) -> Void

        init(_ description: String, _ word: String, _ make: @escaping @Sendable (inout FaultRunEvidence) -> Void) {
            testDescription = description
            self.word = word
            self.make = make
        }
    }

    /// Two tickets, each with its issue; the answer to the second create was lost.
    private static func faultless() -> FaultRunEvidence {
        let session = UUID()
        let tickets = [1, 2].map { number in
            FaultRunEvidence.Ticket(
                id: UUID(),
                session: session,
                site: "acme",
                title: "T \(number)",
                marker: "m\(number)",
                status: "exported",
                issueID: "100\(number)",
                key: "PROJ-\(number)"
            )
        }
        var evidence = FaultRunEvidence()
        evidence.tickets = tickets
        evidence.issues = [issue(1), issue(2)]
        evidence.creates = [create("PROJ-1", 1, isHeard: true), create("PROJ-2", 2, isHeard: false)]
        evidence.operations = tickets.map { ticket in
            .init(ticket: ticket.id, state: "created", key: ticket.key, isAdopted: ticket.marker == "m2")
        }
        evidence.sessions = [
            .init(id: session, site: "acme", status: "completed", message: nil, progress: [1, 2, 3], newest: 3)
        ]
        evidence.jobs = [.init(id: UUID(), kind: "export", state: "succeeded", lateSteps: 0)]
        evidence.wantedLinks = [.init(blocker: "T 1", blocked: "T 2")]
        evidence.madeLinks = [.init(blocker: "T 1", blocked: "T 2")]
        evidence.inFlight = ["acme": 1]
        return evidence
    }

    private static func issue(_ number: Int, key: Int? = nil, marker: String? = nil) -> FaultRunEvidence.Issue {
        .init(
            site: "acme",
            id: "100\(key ?? number)",
            key: "PROJ-\(key ?? number)",
            marker: marker ?? "m\(number)",
            title: "T \(number)"
        )
    }

    private static func create(_ key: String?, _ number: Int, isHeard: Bool) -> FaultRunEvidence.Create {
        .init(site: "acme", key: key, isHeard: isHeard, title: "T \(number)")
    }

    private static let twin = FaultRunEvidence.Fix(
        jiraKey: "PROJ-9",
        title: "T 1",
        issueType: "duplicate_issue",
        jiraUrl: ""
    )

    static let wrongs = [
        Wrong("a twin", "2 issues") { $0.issues.append(issue(1, key: 9)) },
        Wrong("a loss", "is lost") { $0.issues.remove(at: 0) },
        Wrong("another's key in the record", "no issue of its own") { $0.issues[0] = issue(1, key: 7) },
        Wrong("an issue of nobody", "belongs to no ticket") { $0.issues.append(issue(3, marker: "m3")) },
        Wrong("an issue without a marker", "belongs to no ticket") {
            $0.issues.append(.init(site: "acme", id: "9", key: "PROJ-8", marker: nil, title: "T 8"))
        },
        Wrong("an issue that was not adopted", "was not adopted") { evidence in
            evidence.operations = evidence.operations.map {
                .init(ticket: $0.ticket, state: $0.state, key: $0.key, isAdopted: false)
            }
        },
        Wrong("an open operation", "is uncertain") { evidence in
            evidence.operations.append(
                .init(ticket: evidence.tickets[0].id, state: "uncertain", key: nil, isAdopted: false)
            )
        },
        Wrong("two requests at once", "in flight") { $0.inFlight["acme"] = 2 },
        Wrong("a gap in the progress", "gaps") { evidence in
            evidence.sessions = evidence.sessions.map {
                .init(id: $0.id, site: $0.site, status: $0.status, message: nil, progress: [1, 3], newest: 3)
            }
        },
        Wrong("a failed session", "export_failed") { evidence in
            evidence.sessions = evidence.sessions.map {
                .init(id: $0.id, site: $0.site, status: "export_failed", message: nil, progress: $0.progress, newest: 3)
            }
        },
        Wrong("a job that goes on", "is running") {
            $0.jobs.append(.init(id: UUID(), kind: "audit", state: "running", lateSteps: 0))
        },
        Wrong("a late writer", "a claim that was over") {
            $0.jobs.append(.init(id: UUID(), kind: "export", state: "succeeded", lateSteps: 1))
        },
        Wrong("a missing link", "does not block") { $0.madeLinks = [] },
        Wrong("a link the wrong way round", "which nobody asked for") {
            $0.madeLinks = [.init(blocker: "T 2", blocked: "T 1")]
        },
        Wrong("a link made twice", "twice") { $0.madeLinks.append($0.madeLinks[0]) },
        Wrong("a file uploaded twice", "has the files") { $0.issues[0].attachments = ["a", "a"] },
        Wrong("a lost description", "lost its description") { $0.issues[0].hasDescription = true },
        Wrong("a field that was dropped in silence", "nobody is told") { $0.tickets[0].fields = [.priority: "High"] },
        Wrong("a field that was told and is there", "that it has not") { evidence in
            evidence.tickets[0].fields = [.labels: "fleet"]
            evidence.issues[0].fields = [.labels: "fleet"]
            evidence.fixes = [.init(jiraKey: "PROJ-1", title: "T 1", issueType: "labels_not_set", jiraUrl: "")]
        },
        Wrong("a twin that is none", "is none") { $0.fixes = [twin] },
    ]

    @Test("A run as promised has no violations")
    func faultless() {
        #expect(FaultRunJudge(evidence: Self.faultless(), hasLateCommits: false).violations() == [])
        #expect(FaultRunJudge(evidence: Self.faultless(), hasLateCommits: true).violations() == [])
    }

    @Test("Whatever is not as promised is a violation", arguments: wrongs)
    func wrong(_ wrong: Wrong) {
        var evidence = Self.faultless()
        wrong.make(&evidence)
        let violations = FaultRunJudge(evidence: evidence, hasLateCommits: false).violations()
        #expect(violations.contains { $0.contains(wrong.word) }, "\(violations)")
    }

    @Test("With late commits a twin is right when it is reported, and only then")
    func twins() {
        var evidence = Self.faultless()
        evidence.issues.append(Self.issue(1, key: 9))
        #expect(!FaultRunJudge(evidence: evidence, hasLateCommits: true).violations().isEmpty)
        evidence.fixes = [Self.twin]
        #expect(FaultRunJudge(evidence: evidence, hasLateCommits: true).violations() == [])
        #expect(FaultRunJudge(evidence: evidence, hasLateCommits: true).figures().twins == 1)
    }
}
