import Foundation
import Jira
import Synchronization
import Testing

/// What of a create is known after each way to fail: the ground the whole export stands on.
@Suite("Refused or uncertain", .timeLimit(.minutes(2)))
struct OutcomeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let act: ScriptedServer.Act
        let code: JiraError.Code
        let outcome: JiraError.Outcome
        var status: Int?
    }

    private static let page = HTTP.answer(200, "<html><body>Maintenance</body></html>", type: "text/html")

    static let cases: [Case] = [
        Case(
            testDescription: "close before the answer",
            act: .closeAfterRequest,
            code: .connectionLost,
            outcome: .uncertain
        ),
        Case(
            testDescription: "reset before the answer",
            act: .resetAfterRequest,
            code: .connectionLost,
            outcome: .uncertain
        ),
        Case(
            testDescription: "close within the head of the answer",
            act: .answerThenClose("HTTP/1.1 201 Cre"),
            code: .connectionLost,
            outcome: .uncertain
        ),
        Case(
            testDescription: "close within the body of a 201",
            act: .answerThenClose(HTTP.head(201, [("Content-Length", "80")]) + #"{"id":"10000","#),
            code: .connectionLost,
            outcome: .uncertain,
            status: 201
        ),
        Case(
            testDescription: "JSON of a 201 that ends early",
            act: .answer(HTTP.answer(201, #"{"id":"10000","key":"PRO"#)),
            code: .unreadableAnswer,
            outcome: .uncertain,
            status: 201
        ),
        Case(
            testDescription: "201 without a key",
            act: .answer(HTTP.answer(201, #"{"id":"10000"}"#)),
            code: .unreadableAnswer,
            outcome: .uncertain,
            status: 201
        ),
        Case(
            testDescription: "201 that is not UTF-8",
            act: .answerBytes(
                Array(HTTP.head(201, [("Content-Length", "26")]).utf8)
                    + Array(#"{"id":"1","key":"PROJ-1","#.utf8) + [0xFF]
            ),
            code: .unreadableAnswer,
            outcome: .uncertain,
            status: 201
        ),
        Case(
            testDescription: "201 without a body",
            act: .answer(HTTP.answer(201, "")),
            code: .unreadableAnswer,
            outcome: .uncertain,
            status: 201
        ),
        Case(
            testDescription: "200 with a page",
            act: .answer(page),
            code: .unexpectedStatus,
            outcome: .uncertain,
            status: 200
        ),
        Case(
            testDescription: "no HTTP at all",
            act: .answer("SSH-2.0-OpenSSH\r\n\r\n"),
            code: .unreadableAnswer,
            outcome: .uncertain
        ),
        Case(
            testDescription: "a redirection",
            act: .answer(HTTP.answer(302, "", headers: [("Location", "http://127.0.0.1:9/elsewhere")])),
            code: .unexpectedStatus,
            outcome: .uncertain,
            status: 302
        ),
    ]

    @Test("A create is sorted by how its exchange ends", arguments: cases)
    func ending(_ example: Case) async throws {
        try await withClient(of: [example.act]) { client, server in
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(error.code == example.code)
            #expect(error.outcome == example.outcome)
            #expect(error.status == example.status)
            #expect(error.call == "POST /rest/api/3/issue")
            #expect(server.received.count == 1, "sent once, whatever happens")
        }
    }

    static let statuses: [(Int, JiraError.Code, JiraError.Outcome)] = [
        (400, .rejected, .refused), (401, .unauthenticated, .refused), (403, .forbidden, .refused),
        (404, .notFound, .refused), (405, .rejected, .refused), (410, .rejected, .refused),
        (413, .tooLarge, .refused), (415, .rejected, .refused), (422, .rejected, .refused),
        (429, .rateLimited, .refused), (408, .unexpectedStatus, .uncertain), (409, .unexpectedStatus, .uncertain),
        (500, .serverFault, .uncertain), (502, .serverFault, .uncertain), (503, .serverFault, .uncertain),
        (504, .serverFault, .uncertain), (307, .unexpectedStatus, .uncertain),
    ]

    @Test("A create is sorted by its status, with JSON and with a page for a body", arguments: statuses)
    func status(_ status: Int, _ code: JiraError.Code, _ outcome: JiraError.Outcome) async throws {
        let json = HTTP.answer(status, #"{"errorMessages":["No."],"errors":{}}"#)
        let page = HTTP.answer(status, "<html>No.</html>", type: "text/html")
        try await withClient(of: [.answer(json), .answer(page)]) { client, server in
            for _ in 0..<2 {
                let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
                #expect(error.code == code)
                #expect(error.outcome == outcome)
                #expect(error.status == status)
            }
            #expect(server.received.count == 2)
        }
    }

    @Test("A refusal whose body breaks off is still a refusal, but not known to be about what was sent")
    func refusalCutShort() async throws {
        let cut = HTTP.head(400, [("Content-Length", "500"), ("Content-Type", "application/json")]) + #"{"errorMe"#
        try await withClient(of: [.answerThenClose(cut)]) { client, _ in
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(error.outcome == .refused)
            #expect(error.code == .unreadableAnswer)
            #expect(error.status == 400)
        }
    }

    @Test("Silence is uncertain once the request has gone")
    func silence() async throws {
        let settings = JiraConnections.Configuration(requestTimeout: .seconds(1), allowInsecure: true)
        try await withClient(of: [.hang], configuration: settings) { client, server in
            let started = ContinuousClock.now
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(error.code == .timedOut)
            #expect(error.outcome == .uncertain)
            #expect(ContinuousClock.now - started < .seconds(10), "not for ever")
            #expect(server.received.count <= 1)
        }
    }

    @Test("An answer that never ends is uncertain")
    func endlessAnswer() async throws {
        let settings = JiraConnections.Configuration(requestTimeout: .seconds(2), allowInsecure: true)
        let start = HTTP.head(201, [("Content-Length", "500")]) + #"{"id":"10000""#
        try await withClient(of: [.answer(start)], configuration: settings) { client, _ in
            let error = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(error.code == .timedOut)
            #expect(error.outcome == .uncertain)
            #expect(error.status == 201)
        }
    }

    @Test("A cancelled create is uncertain once it has gone")
    func cancellation() async throws {
        try await withClient(of: [.hang]) { client, server in
            let error = try await withThrowingTaskGroup(of: JiraError?.self) { group in
                group.addTask { try await failure { () throws(JiraError) in try await client.createIssue(draft) } }
                let arrival = await server.nextArrival()
                #expect(arrival?.isWhole == true)
                group.cancelAll()
                return try await group.next() ?? nil
            }
            #expect(error?.code == .cancelled)
            #expect(error?.outcome == .uncertain)
        }
    }

    @Test("A task that is cancelled before sends nothing")
    func cancelledBefore() async throws {
        try await withClient(of: []) { client, server in
            let error = try await withThrowingTaskGroup(of: JiraError?.self) { group in
                group.cancelAll()
                group.addTask { try await failure { () throws(JiraError) in try await client.createIssue(draft) } }
                return try await group.next() ?? nil
            }
            #expect(error?.code == .cancelled)
            #expect(error?.outcome == .refused)
            #expect(server.received.isEmpty)
        }
    }

    @Test("An answer beyond the limit is uncertain, and a long refusal is cut")
    func sizes() async throws {
        let settings = JiraConnections.Configuration(
            allowInsecure: true,
            maximumAnswerBytes: 1000,
            maximumErrorBytes: 1000
        )
        let long = String(repeating: "x", count: 300_000)
        let success = HTTP.answer(201, #"{"id":"1","key":"PROJ-1","more":"\#(long)"}"#)
        let refusal = HTTP.answer(400, long, type: "text/plain")
        try await withClient(of: [.answer(success), .answer(refusal)], configuration: settings) { client, _ in
            let first = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(first.code == .oversizedAnswer)
            #expect(first.outcome == .uncertain)
            let second = try await failure { () throws(JiraError) in try await client.createIssue(draft) }
            #expect(second.code == .rejected)
            #expect(second.message.count <= JiraError.maximumMessageLength)
        }
    }

    @Test(
        "Reads are sorted by the kind of failure",
        arguments: [
            (ScriptedServer.Act.closeAfterRequest, JiraError.Code.connectionLost),
            (.answer(HTTP.answer(503, "")), .serverFault), (.answer(HTTP.answer(200, "<html>")), .unreadableAnswer),
            (.answer(HTTP.answer(404, "")), .notFound),
        ]
    )
    func reads(_ act: ScriptedServer.Act, _ code: JiraError.Code) async throws {
        try await withClient(of: [act]) { client, server in
            let error = try await failure { () throws(JiraError) in try await client.myself() }
            #expect(error.code == code)
            #expect(server.received.count == 1)
        }
    }
}
