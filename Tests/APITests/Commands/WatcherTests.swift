import Console
import Secrets
import Synchronization
import Testing
import TramlineModel

@testable import API

@Suite(.timeLimit(.minutes(1)))
struct WatcherTests {
    private let session = SessionID()

    private func step(_ sequence: Int, _ completed: Int) -> ProgressServer.Part {
        .text(
            #"{"type":"export_progress","sequence":\#(sequence),"progress_percentage":\#(completed * 10),"#
                + #""current_stage":"Ticket \#(completed)","tickets_completed":\#(completed),"total_tickets":10}"#
        )
    }

    private let complete =
        #"{"type":"export_complete","sequence":9,"tickets_created":10,"dependencies_created":2,"#
        + #""manual_fixes_needed":1,"total_processing_time_minutes":0.5}"#

    /// Watches a server's session; gives what was written.
    private func watch(_ server: ProgressServer, showsMessages: Bool = false) async throws -> String {
        let written = Mutex("")
        var watcher = Watcher(
            address: try ProgressAddress(url: "http://127.0.0.1:\(server.port)", session: session),
            key: Secret("trk_key"),
            display: WatchDisplay(columns: { nil }, isUnicode: true),
            showsMessages: showsMessages
        ) { text in written.withLock { $0 += text } }
        try await watcher.run()
        return written.withLock { $0 }
    }

    @Test("An export is followed to its end, with the key, answering pings, whatever the frames")
    func toTheEnd() async throws {
        let end = ProgressServer.Part.pieces([String(complete.prefix(20)), String(complete.dropFirst(20))])
        try await ProgressServer.run([[step(1, 1), .ping, step(2, 2), end]]) { server in
            let written = try await watch(server)
            #expect(
                written == """
                     10.0 %  1/10  Ticket 1
                     20.0 %  2/10  Ticket 2
                    Exported 10 tickets and 2 links in 30 s; 1 to mend by hand (sessions show).

                    """
            )
            #expect(server.targets == ["/api/jira/export/progress/\(session)"])
            #expect(server.keys == ["Bearer trk_key"])
        }
    }

    @Test("A connection that breaks is made again, and goes on behind the last message")
    func resumes() async throws {
        try await ProgressServer.run([
            [step(1, 1), step(2, 2), .vanish], [.refuse(503, "")], [step(2, 2), step(3, 3), .text(complete)],
        ]) { server in
            let written = try await watch(server, showsMessages: true)
            #expect(written.split(separator: "\n").count == 4)
            #expect(server.targets.map { $0.split(separator: "?").dropFirst().first } == [nil, "after=2", "after=2"])
        }
    }

    @Test("A failed export ends with its reason")
    func failed() async throws {
        let failed =
            #"{"type":"export_failed","sequence":3,"status":"failed","failed_at_ticket":45,"error_category":"temporary","#
            + #""retry_available":true,"error_message":"Network timeout connecting to Jira"}"#
        try await ProgressServer.run([[step(1, 1), .text(failed)]]) { server in
            let fault = try await #require(throws: CommandFault.self) { try await watch(server) }
            #expect(
                fault.description
                    == "the export failed at ticket 45: Network timeout connecting to Jira (temporary); sessions show "
                    + "\(session) says what to do, then sessions retry goes on with it"
            )
        }
    }

    @Test("A cancelled export, and one without retries, say so")
    func ended() async throws {
        func failed(_ status: String, _ retry: Bool) -> ProgressServer.Part {
            .text(
                #"{"type":"export_failed","sequence":3,"status":"\#(status)","error_category":"user_fixable","#
                    + #""retry_available":\#(retry),"error_message":"It broke."}"#
            )
        }
        try await ProgressServer.run([[failed("cancelled", true)]]) { server in
            let fault = try await #require(throws: CommandFault.self) { try await watch(server) }
            #expect(fault.description == "the export was cancelled; sessions retry \(session) goes on with it")
        }
        try await ProgressServer.run([[failed("failed", false)]]) { server in
            let fault = try await #require(throws: CommandFault.self) { try await watch(server) }
            #expect(
                fault.description
                    == "the export failed: It broke. (user_fixable); no retries are left, sessions show \(session) says "
                    + "what to do"
            )
        }
    }

    @Test("A refusal is told in the API's own words, at once")
    func refused() async throws {
        let body = #"{"error":{"code":"session_not_found","user_message":"There is no such session."}}"#
        try await ProgressServer.run([[.refuse(404, body)]]) { server in
            let fault = try await #require(throws: CommandFault.self) { try await watch(server) }
            #expect(fault.description == "There is no such session. (404)")
        }
        try await ProgressServer.run([[.refuse(401, "no JSON")]]) { server in
            let fault = try await #require(throws: CommandFault.self) { try await watch(server) }
            #expect(fault.description == "the API answered 401")
        }
    }
}
