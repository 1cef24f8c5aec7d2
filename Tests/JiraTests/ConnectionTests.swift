import Foundation
import Jira
import Synchronization
import Testing

/// Requests that never leave, and connections that end between requests.
@Suite("Connections", .timeLimit(.minutes(2)))
struct ConnectionTests {
    /// Counts the calls of the hook.
    final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func increment() { count.withLock { $0 += 1 } }
    }

    /// A create and a read, both of which must find the site out of reach.
    private func expectUnreachable(
        _ address: String,
        _ codes: Set<JiraError.Code>,
        _ settings: JiraConnections.Configuration
    ) async throws {
        try await withConnections(settings) { connections in
            let sent = Counter()
            let client = try makeClient(at: address, connections).onSend { sent.increment() }
            let create = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(codes.contains(create.code), "\(create.debugDescription)")
            #expect(create.outcome == .refused)
            #expect(create.status == nil)
            #expect(sent.value == 0, "the hook tells of what leaves")
            let read = try await failure { () throws(JiraError) in try await client.myself() }
            #expect(codes.contains(read.code), "\(read.debugDescription)")
            #expect(read.outcome == .refused)
        }
    }

    @Test("A refused connection refuses at once")
    func refusedConnection() async throws {
        let port = try await ScriptedServer.run([]) { $0.port }
        let started = ContinuousClock.now
        try await expectUnreachable("http://127.0.0.1:\(port)", [.unreachable], .init(allowInsecure: true))
        try await expectUnreachable("http://localhost:\(port)", [.unreachable], .init(allowInsecure: true))
        #expect(ContinuousClock.now - started < .seconds(5), "no retries until the connect time-out")
    }

    @Test("A name without an address")
    func unknownName() async throws {
        let settings = JiraConnections.Configuration(connectTimeout: .seconds(3), allowInsecure: true)
        try await expectUnreachable("http://no-such-site.invalid", [.unreachable, .connectTimedOut], settings)
    }

    @Test("An address that nobody answers at")
    func silentAddress() async throws {
        let settings = JiraConnections.Configuration(connectTimeout: .milliseconds(200), allowInsecure: true)
        // TEST-NET-1: routed nowhere.
        try await expectUnreachable("http://192.0.2.1", [.unreachable, .connectTimedOut], settings)
    }

    @Test("A server that speaks no TLS, and one that is silent in the handshake")
    func handshake() async throws {
        try await ScriptedServer.run([], otherwise: .answer("HTTP/1.1 400 Bad\r\n\r\n")) { server in
            let settings = JiraConnections.Configuration(connectTimeout: .milliseconds(500), allowInsecure: true)
            try await expectUnreachable(
                "https://127.0.0.1:\(server.port)",
                [.tlsFailed, .connectTimedOut],
                settings
            )
            #expect(server.received.isEmpty)
        }
    }

    @Test("A deadline that passes while connecting is a refusal")
    func deadlineWhileConnecting() async throws {
        try await ScriptedServer.run([]) { server in
            var settings = JiraConnections.Configuration(allowInsecure: true)
            settings.requestTimeout = .milliseconds(150)
            settings.connectTimeout = .seconds(5)
            try await withConnections(settings) { connections in
                let client = try makeClient(at: "https://127.0.0.1:\(server.port)", connections)
                let started = ContinuousClock.now
                let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
                #expect(ContinuousClock.now - started < .seconds(4), "not only when connecting ends")
                #expect(error.code == .timedOut)
                #expect(error.outcome == .refused)
            }
        }
    }

    @Test("A name that resolves to a private address is refused on connecting")
    func privateAddress() async throws {
        try await ScriptedServer.run([]) { server in
            // The site allows it, the connections do not: as when a public name resolves to a private address.
            try await withConnections(.init()) { connections in
                let client = try makeClient(at: server.baseURL, connections)
                let create = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
                #expect(create.code == .addressNotAllowed)
                #expect(create.outcome == .refused)
                let read = try await failure { () throws(JiraError) in try await client.myself() }
                #expect(read.code == .addressNotAllowed)
                #expect(server.received.isEmpty)
            }
        }
    }

    @Test("Requests share a connection that stays open")
    func reuse() async throws {
        try await withClient(of: [], otherwise: .answer(HTTP.created)) { client, server in
            for _ in 0..<3 { _ = try await client.createIssue(draft) }
            #expect(server.received.map(\.connection) == [0, 0, 0])
        }
    }

    @Test(
        "A kept connection that ends under a create is not tried again",
        arguments: [ScriptedServer.Act.closeAfterRequest, .resetAfterRequest, .closeAfterHead]
    )
    func keptConnectionEnds(_ act: ScriptedServer.Act) async throws {
        try await withClient(of: [.answer(HTTP.created), act], otherwise: .answer(HTTP.created)) { client, server in
            _ = try await client.createIssue(draft)
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(server.received.count == 2)
            #expect(server.received.last?.connection == 0)
            if server.received.last?.isWhole == true {
                #expect(error.outcome == .uncertain)
            }
            // And the next one finds a new connection.
            _ = try await client.createIssue(draft)
            #expect(server.received.last?.connection == 1)
        }
    }

    /// The race that cannot be scripted: the server closes while the next request is on its way. Whatever comes of
    /// it, nothing is sent twice, and what is called refused has not arrived.
    @Test("A server that closes after each answer never makes a create arrive twice")
    func closingServer() async throws {
        try await withClient(of: [], otherwise: .answerThenClose(HTTP.created)) { client, server in
            var outcomes: [String: String] = [:]
            for number in 0..<300 {
                let marker = "marker-\(number)-"
                do throws(JiraError) {
                    _ = try await client.createIssue(JiraIssueDraft(fields: ["summary": .string(marker)]))
                    outcomes[marker] = "created"
                } catch {
                    outcomes[marker] = error.outcome.rawValue
                    #expect(error.code == .connectionLost)
                }
            }
            let arrivals = server.received
            for (marker, outcome) in outcomes {
                let whole = arrivals.count { $0.isWhole && $0.text.contains(marker) }
                #expect(whole <= 1, "\(marker) arrived twice")
                if outcome == "created" { #expect(whole == 1) }
                if outcome == "refused" { #expect(whole == 0, "\(marker) was called refused and arrived") }
            }
        }
    }

    @Test("The hook is called once, before the request arrives, and the round trip counts from it")
    func hook() async throws {
        try await withClient(of: [.answer(HTTP.created), .answer(HTTP.answer(200, #"{"accountId":"a"}"#))]) {
            client,
            server in
            let seen = Mutex<[Int]>([])
            let counting = client.onSend { seen.withLock { $0.append(server.received.count) } }
            let reply = try await counting.createIssue(draft)
            #expect(seen.withLock { $0 } == [0])
            #expect(reply.roundTrip > .zero)
            #expect(reply.roundTrip < .seconds(5))
            _ = try await counting.myself()
            #expect(seen.withLock { $0 } == [0, 1])
        }
    }
}
