import Foundation
import Testing
import TramlineModel

@testable import API
@testable import Record

@Suite("What to do next")
struct NextStepTests {
    private static let task = JobID()

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var status: SessionRow.Status
        var tickets = 3
        var retries = 0
        var fixes = 0
        let words: String
    }

    @Test(
        "Each state has its next step",
        arguments: [
            Case(testDescription: "empty", status: .ready, tickets: 0, words: "Import a session"),
            Case(testDescription: "ready", status: .ready, words: "Start its export: POST /api/jira/export-session/"),
            Case(testDescription: "exporting", status: .exporting, words: "Follow it: tramline-api sessions watch "),
            Case(testDescription: "completed", status: .completed, words: "Nothing"),
            Case(testDescription: "completed, with fixes", status: .completed, fixes: 2, words: "Mend in Jira"),
            Case(
                testDescription: "cancelled",
                status: .cancelled,
                words: "costs no retry: tramline-api sessions retry "
            ),
            Case(testDescription: "failed", status: .exportFailed, retries: 2, words: "tramline-api sessions retry "),
            Case(
                testDescription: "failed, without retries",
                status: .exportFailed,
                retries: 3,
                words: "tramline-worker jobs requeue \(task)"
            ),
        ]
    )
    func words(_ example: Case) {
        let session = SessionRow(
            id: SessionID(),
            team: TeamID(),
            integration: IntegrationID(),
            name: nil,
            site: "acme",
            projectKey: "PROJ",
            status: example.status,
            stage: "jira_export",
            totalTickets: example.tickets,
            createdAt: Date(),
            completedAt: nil,
            exportTask: nil,
            exportStartedAt: nil,
            exportFailedAt: nil,
            failedAtTicketOrder: nil,
            retryCount: example.retries,
            firstErrorAt: nil,
            fault: nil,
            progressSequence: 0
        )
        let words = NextStep.words(for: session, task: Self.task, manualFixes: example.fixes)
        #expect(words.contains(example.words))
        // A step that names the session can be copied as it stands.
        if example.words.hasSuffix(" ") || example.words.hasSuffix("/") { #expect(words.hasSuffix("\(session.id)")) }
    }
}
