import Console
import Foundation
import Testing
import TramlineModel

@testable import API

@Suite struct WatchTests {
    private let progress = WatchedMessage.Progress(
        percentage: 34.5,
        stage: "Creating ticket 30 of 87: Größe\u{1B}[2J",
        completed: 29,
        total: 87,
        minutesRemaining: 2
    )

    @Test("Messages are read as the API sends them")
    func read() throws {
        let counts = ExportCounts(
            totalTickets: 2,
            exportedTickets: 1,
            failedTickets: 0,
            totalAttachments: 0,
            settledAttachments: 0,
            totalLinks: 0,
            linkedLinks: 0,
            settledLinks: 0,
            manualFixes: 1,
            nextTicketOrder: 2,
            nextTicketTitle: "Two"
        )
        let step = ProgressMessage.progress(
            .init(
                sequence: 7,
                session: SessionID(),
                task: JobID(),
                counts: counts,
                project: "PROJ",
                spacing: .seconds(40)
            )
        )
        let (message, sequence) = try #require(WatchedMessage.read(Data(try step.json().utf8)))
        #expect(sequence == 7)
        #expect(
            message
                == .progress(
                    .init(
                        percentage: 50,
                        stage: "Creating ticket 2 of 2: Two",
                        completed: 1,
                        total: 2,
                        minutesRemaining: 1
                    )
                )
        )
        let end = ProgressMessage.complete(
            .init(sequence: 8, session: SessionID(), task: JobID(), counts: counts, duration: .seconds(150))
        )
        #expect(
            WatchedMessage.read(Data(try end.json().utf8))?.message
                == .complete(created: 1, dependencies: 0, fixes: 1, minutes: 2.5)
        )
        let fault = Fault(category: .temporary, code: "x", userMessage: "Jira is away", recoveryActions: [])
        let failed = ProgressMessage.failed(
            .init(
                sequence: 9,
                session: SessionID(),
                task: JobID(),
                failedAtTicket: 2,
                fault: fault,
                retryAvailable: true
            )
        )
        #expect(
            WatchedMessage.read(Data(try failed.json().utf8))?.message
                == .failed(reason: "Jira is away", category: "temporary", retryAvailable: true)
        )
        #expect(WatchedMessage.read(Data(#"{"type":"later_invention","sequence":3}"#.utf8))?.message == .other)
        #expect(WatchedMessage.read(Data("[]".utf8)) == nil)
        #expect(WatchedMessage.read(Data("{".utf8)) == nil)
    }

    @Test("On a terminal one line is written over and over, and never wider than it")
    func bar() {
        var display = WatchDisplay(columns: 60, isUnicode: true)
        let text = display.show(progress)
        #expect(text.hasPrefix("\r█████░░░░░░░░░░   34.5 %  29/87  Creating ticket 30 of"))
        #expect(text.hasSuffix("…\u{1B}[K"))
        #expect(text.dropFirst().dropLast(3).count == 59)
        #expect(!text.dropLast(3).contains("\u{1B}"))
        var plain = WatchDisplay(columns: 200, isUnicode: false)
        #expect(plain.show(progress).contains("##########--------------------"))
        #expect(display.finish() == "\r\u{1B}[K")
    }

    @Test("Elsewhere each change is a line")
    func lines() {
        var display = WatchDisplay(columns: nil, isUnicode: true)
        #expect(display.show(progress) == " 34.5 %  29/87  Creating ticket 30 of 87: Größe [2J, about 2 min left\n")
        #expect(display.show(progress) == "")
        #expect(display.finish() == "")
    }

    @Test(
        "The address is made from the API's",
        arguments: [
            ("http://localhost:8000", "localhost", 8000, false, "localhost:8000", ""),
            ("https://t.example.com/tramline/", "t.example.com", 443, true, "t.example.com", "/tramline"),
            ("ws://[::1]:9", "::1", 9, false, "[::1]:9", ""),
        ]
    )
    func address(url: String, host: String, port: Int, secure: Bool, authority: String, prefix: String) throws {
        let session = SessionID()
        let address = try ProgressAddress(url: url, session: session)
        #expect((address.host, address.port, address.isSecure) == (host, port, secure))
        #expect(address.authority == authority)
        #expect(address.target(after: nil) == "\(prefix)/api/jira/export/progress/\(session)")
        #expect(address.target(after: 12) == "\(prefix)/api/jira/export/progress/\(session)?after=12")
    }

    @Test(
        "What is no API's address is refused",
        arguments: ["", "localhost:8000", "redis://x", "http://", "http://a?b"]
    )
    func noAddress(url: String) {
        #expect(throws: CommandFault.self) { try ProgressAddress(url: url, session: SessionID()) }
    }

    @Test("A table's columns are as wide as they must be, and nothing in it steers the terminal")
    func table() {
        let table = TextTable(["A", "B"], [["länger", "x\u{1B}[2Jy\nz"], ["1", "2"]])
        #expect(table.text == "A       B\nlänger  x [2Jy z\n1       2")
    }
}
