import Testing
import TramlineModel

@testable import Record

@Suite("A manual fix in words")
struct ManualFixTests {
    @Test(
        "It says what to do and then why, in whole sentences",
        arguments: [
            ("Assign the issue", "Nobody has this address.", "Assign the issue. Nobody has this address."),
            ("Assign it.", "Field 'assignee' cannot be set", "Assign it. Field 'assignee' cannot be set."),
            ("Choose another; it asked for \"High\"", "Why not?", "Choose another; it asked for \"High\". Why not?"),
            ("Look at it", "Jira said: \"No.\"", "Look at it. Jira said: \"No.\""),
            ("Look at it", " \n", "Look at it."),
        ]
    )
    func guidance(action: String, reason: String, words: String) {
        let fix = ManualFix(
            ticket: TicketID(),
            issueType: "x",
            subject: "y",
            reason: reason,
            recommendedAction: action
        )
        #expect(fix.guidance == words)
    }
}
