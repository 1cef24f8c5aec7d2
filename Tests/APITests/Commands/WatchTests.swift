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
        failed: 0,
        total: 87,
        isStarted: true,
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
                        failed: 0,
                        total: 2,
                        isStarted: true,
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
                == .failed(
                    .init(
                        reason: "Jira is away",
                        category: "temporary",
                        ticket: 2,
                        isCancelled: false,
                        isRetryAvailable: true
                    )
                )
        )
        #expect(WatchedMessage.read(Data(#"{"type":"later_invention","sequence":3}"#.utf8))?.message == .other)
        #expect(WatchedMessage.read(Data("[]".utf8)) == nil)
        #expect(WatchedMessage.read(Data("{".utf8)) == nil)
    }

    /// 14:30 in UTC.
    private let now = Date(timeIntervalSince1970: 1_800_023_400)
    private let utc = TimeZone(secondsFromGMT: 0)!

    /// What stands on a terminal: the lines without what steers it.
    private func screen(_ text: String) -> [String] {
        text.replacing("\r\u{1B}[1A", with: "").replacing("\u{1B}[K", with: "").split(separator: "\r\n").map(
            String.init
        )
    }

    @Test("A terminal of 80 columns shows the bar, tickets, failures, the end by the clock, and what is done now")
    func bar() {
        var display = WatchDisplay(columns: { 80 }, isUnicode: true, timeZone: utc)
        let first = display.show(progress, now: now)
        #expect(
            screen(first) == [
                "██████░░░░░░░░░░░░░░   34.5 %  29/87 tickets, 2 min left (14:32)",
                "Creating ticket 30 of 87: Größe [2J",
            ]
        )
        #expect(!first.contains("\u{1B}[1A"))
        var busy = progress
        busy.failed = 2
        busy.minutesRemaining = 1450
        busy.stage = "Creating ticket 30 of 87: " + String(repeating: "x", count: 200)
        let second = display.show(busy, now: now)
        // Over the first, line for line.
        #expect(second.hasPrefix("\r\u{1B}[1A█"))
        let lines = screen(second)
        // The bar makes room for the figures.
        #expect(lines[0] == "████░░░░░░░░░   34.5 %  29/87 tickets, 2 failed, 24 h 10 min left (01-16 14:40)")
        #expect(lines.allSatisfy { $0.count <= 79 } && lines[1].count == 79 && lines[1].hasSuffix("x…"))
        #expect(display.note("A remark.") == "\r\u{1B}[1A\u{1B}[JA remark.\n")
        // What is shown after a remark stands below it.
        #expect(!display.show(progress, now: now).contains("\u{1B}[1A"))
        #expect(display.finish() == "\r\u{1B}[1A\u{1B}[J")
        #expect(display.finish() == "")
    }

    @Test("A window's width counts as it is at the moment, in cells and not in characters")
    func width() {
        var columns = 200
        var display = WatchDisplay(columns: { columns }, isUnicode: false, timeZone: utc)
        #expect(
            screen(display.show(progress, now: now))[0].hasPrefix("#############---------------------------   34.5 %")
        )
        columns = 40
        var japanese = progress
        japanese.stage = String(repeating: "注文", count: 30)
        let lines = screen(display.show(japanese, now: now))
        #expect(lines == ["#----   34.5 %  29/87 tickets, 2 min...", String(repeating: "注文", count: 9) + "..."])
    }

    @Test("Elsewhere each change is a line, and what is no change is none")
    func lines() {
        var display = WatchDisplay(columns: { nil }, isUnicode: true, timeZone: utc)
        #expect(
            display.show(progress, now: now)
                == " 34.5 %  29/87  Creating ticket 30 of 87: Größe [2J, 2 min left (14:32)\n"
        )
        #expect(display.show(progress, now: now.addingTimeInterval(60)) == "")
        var failing = progress
        failing.failed = 1
        failing.minutesRemaining = 0
        #expect(display.show(failing, now: now) == " 34.5 %  29/87, 1 failed  Creating ticket 30 of 87: Größe [2J\n")
        var waiting = progress
        waiting.isStarted = false
        waiting.stage = "Not started"
        #expect(display.show(waiting, now: now) == " 34.5 %  29/87  Not started\n")
        #expect(display.note("A remark.") == "A remark.\n")
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
