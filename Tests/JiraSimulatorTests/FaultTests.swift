import AsyncHTTPClient
import JiraSimulator
import NIOCore
import Testing

@Suite("Scripted faults", .timeLimit(.minutes(1)))
struct FaultTests {
    @Test("A drop before the commit makes nothing, one after it makes the issue; both close the connection")
    func drops() async throws {
        try await withJira(faults: [.creating(.dropBeforeCommit, .nth(1)), .creating(.dropAfterCommit, .nth(2))]) {
            jira,
            client in
            await #expect(throws: HTTPClientError.self) { try await client.create("Lost", marker: "a") }
            #expect(jira.issues().isEmpty)
            await #expect(throws: HTTPClientError.self) { try await client.create("Kept", marker: "b") }
            #expect(jira.issues().map(\.summary) == ["Kept"])
            let third = try await client.create("Third")
            #expect(third == "PROJ-2")
            let journal = jira.journal()
            #expect(journal.map(\.outcome) == [.dropped, .dropped, .answered])
            #expect(journal.map(\.fault) == ["drop_before_commit", "drop_after_commit", nil])
            #expect(journal.map(\.issueKey) == [nil, "PROJ-1", "PROJ-2"])
            #expect(journal[1].marker == "b")
        }
    }

    @Test("A delayed commit shows up later, though the connection is long closed")
    func delayedCommit() async throws {
        try await withJira(faults: [.creating(.delayedCommit(milliseconds: 60_000), title: "Late")]) { jira, client in
            jira.stopClocks()
            await #expect(throws: HTTPClientError.self) { try await client.create("Late", marker: "a") }
            let early = try await client.get("/rest/api/3/issue/PROJ-1")
            #expect(early.status == 404)
            jira.advance(by: .seconds(60))
            #expect(try await client.get("/rest/api/3/issue/PROJ-1").json["fields"]?["summary"] == "Late")
            #expect(jira.journal().first?.issueKey == "PROJ-1")
            #expect(jira.journal().first?.outcome == .dropped)
        }
    }

    @Test("A 5xx may hide an issue or not")
    func serverErrors() async throws {
        let faults: [Fault] = [
            .creating(.errorBeforeCommit(status: 503), .nth(1)), .creating(.errorAfterCommit(status: 500), .nth(2)),
        ]
        try await withJira(faults: faults) { jira, client in
            let before = try await client.post("/rest/api/3/issue", Client.issue("One"))
            #expect(before.status == 503)
            #expect(jira.issues().isEmpty)
            #expect(try await client.post("/rest/api/3/issue", Client.issue("Two")).status == 500)
            #expect(jira.issues().map(\.summary) == ["Two"])
        }
    }

    @Test("A 5xx may say when to come again")
    func serverErrorWithTime() async throws {
        try await withJira(faults: [.creating(.errorBeforeCommit(status: 503, retryAfter: 7), .nth(1))]) {
            jira,
            client in
            let answer = try await client.post("/rest/api/3/issue", Client.issue("One"))
            #expect(answer.status == 503 && answer.header("Retry-After") == "7")
            #expect(jira.issues().isEmpty)
        }
    }

    @Test("A refused field is one that the create could do without")
    func refusedField() async throws {
        try await withJira(faults: [.creating(.fieldRefused)]) { jira, client in
            let refused = try await client.post("/rest/api/3/issue", Client.issue("One", fields: ["labels": ["a"]]))
            #expect(refused.status == 400 && refused.json["errors"]?.object?.keys.sorted() == ["labels"])
            #expect(jira.issues().isEmpty)
            #expect(try await client.post("/rest/api/3/issue", Client.issue("Two")).status == 201)
        }
    }

    @Test("A time-out holds the answer until the client gives up, which ends the request")
    func timeOut() async throws {
        let fault = Fault.creating(.timeOut(milliseconds: 60_000, commits: true), title: "One")
        try await withJira(faults: [fault]) { jira, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.create("One") }
                try await jira.journal { $0.first?.issueKey != nil }
                group.cancelAll()
                await #expect(throws: (any Error).self) { try await group.waitForAll() }
            }
            let journal = try await jira.journal { $0.first?.outcome != .open }
            #expect(journal[0].outcome == .abandoned)
            let second = try await client.create("Two")
            #expect(second == "PROJ-2")
            #expect(jira.journal()[1].inFlight == 1)
        }
    }

    @Test("A truncated answer breaks off though the issue was made")
    func truncated() async throws {
        try await withJira(faults: [.creating(.truncated)]) { jira, client in
            await #expect(throws: (any Error).self) { try await client.create("One") }
            #expect(jira.issues().count == 1)
        }
    }

    @Test("A 429 carries all its headers, and makes nothing")
    func rateLimited() async throws {
        let reason = RateLimits.Reason.quotaTenant.rawValue
        try await withJira(faults: [.creating(.rateLimited(retryAfter: 7, reason: reason), .first(1))]) {
            jira,
            client in
            let reply = try await client.post("/rest/api/3/issue", Client.issue("One"))
            #expect(reply.status == 429)
            #expect(reply.header("Retry-After") == "7")
            #expect(reply.header("RateLimit-Reason") == reason)
            #expect(reply.header("X-RateLimit-Remaining") == "0")
            #expect(reply.header("X-RateLimit-Reset")?.hasSuffix("Z") == true)
            #expect(jira.issues().isEmpty)
            try await client.create("One")
        }
    }

    @Test("Properties refused or lost, labels off the screen, gaps in the keys, hidden issues, a given answer")
    func twists() async throws {
        let faults: [Fault] = [
            .creating(.propertyRefused, title: "refused"), .creating(.propertyLost, title: "lost"),
            .creating(.labelsOffScreen, title: "labels"), .creating(.keyGap(3), title: "gap"),
            .creating(.hidden, title: "hidden"),
            .creating(.answer(status: 422, body: ["errorMessages": ["No."], "errors": [:]]), title: "answer"),
        ]
        try await withJira(faults: faults) { jira, client in
            let refused = try await client.post("/rest/api/3/issue", Client.issue("refused", marker: "m"))
            #expect(refused.status == 400)
            let lost = try await client.create("lost", marker: "m")
            let read = try await client.get("/rest/api/3/issue/\(lost)/properties/tramline")
            #expect(read.status == 404)
            let labels = try await client.post("/rest/api/3/issue", Client.issue("labels", fields: ["labels": ["a"]]))
            #expect(labels.json["errors"]?["labels"] != nil)
            #expect(try await client.create("gap") == "PROJ-5")
            let hidden = try await client.create("hidden")
            #expect(try await client.get("/rest/api/3/issue/\(hidden)").status == 404)
            #expect(jira.issues().last?.isHidden == true)
            #expect(try await client.post("/rest/api/3/issue", Client.issue("answer")).status == 422)
        }
    }

    @Test("A clock that is wrong shows in the Date header and in what is made")
    func clockSkew() async throws {
        let fault = Fault(.clockSkew(milliseconds: 3_600_000), path: "/rest/api/3/myself")
        try await withJira(faults: [fault]) { jira, client in
            let before = try #require(try await client.get("/rest/api/3/serverInfo").header("Date"))
            let after = try #require(try await client.get("/rest/api/3/myself").header("Date"))
            #expect(before != after)
            let wall = try #require(jira.journal().last?.arrived.wall) / 1000
            try await client.create("One")
            #expect(abs(jira.issues()[0].created - wall - 3_600_000) < 60_000)
        }
    }

    @Test("Chances repeat with their seed")
    func chances() async throws {
        var runs: [[Bool]] = []
        for _ in 0..<2 {
            let fault = Fault.creating(.errorBeforeCommit(status: 502), .chance(0.5, seed: 7))
            runs.append(
                try await withJira(faults: [fault]) { jira, client in
                    for number in 0..<20 {
                        _ = try await client.post("/rest/api/3/issue", Client.issue("\(number)"))
                    }
                    return jira.journal().map { $0.status == 201 }
                }
            )
        }
        #expect(runs[0] == runs[1])
        #expect(Set(runs[0]) == [true, false])
    }

    @Test("Faults are set, listed and taken back over HTTP, and come back as they were")
    func overHTTP() async throws {
        try await withJira { jira, client in
            let faults: JSON = [
                ["kind": "key_gap", "count": 2, "every": 2, "limit": 1],
                ["kind": "unauthorized", "method": "GET", "path": "/rest/api/3/issue/*", "first": 1],
            ]
            let set = try await client.post("/_simulator/faults", faults)
            #expect(set.status == 201)
            #expect(try await client.get("/rest/api/3/issue/PROJ-1").status == 401)
            #expect(try await client.get("/rest/api/3/issue/PROJ-1").status == 404)
            let listed = try await client.get("/_simulator/faults").json
            #expect(listed[1]?["applied"] == 1)
            for (index, fault) in (listed.array ?? []).enumerated() {
                #expect(fault["fault"] == faults[index])
            }
            let wrong = try await client.post("/_simulator/faults", ["kind": "drop", "nht": 1])
            #expect(wrong.status == 400)
            #expect(wrong.text.contains("nht"))
            #expect(try await client.delete("/_simulator/faults").status == 204)
            #expect(jira.appliedFaults().isEmpty)
        }
    }
}
