import Foundation
import JiraSimulator
import Testing

@Suite("The journal", .timeLimit(.minutes(1)))
struct JournalTests {
    @Test("Requests one after the other are never two in flight, and their times are in order")
    func oneByOne() async throws {
        try await withJira(latency: .milliseconds(4)) { jira, client in
            for number in 0..<20 { try await client.create("\(number)", marker: "m\(number)") }
            let journal = jira.journal()
            #expect(journal.map(\.sequence) == Array(1...20))
            #expect(journal.allSatisfy { $0.inFlight == 1 && $0.writes && $0.status == 201 })
            for (entry, next) in zip(journal, journal.dropFirst()) {
                let body = try #require(entry.bodyComplete)
                let ended = try #require(entry.ended)
                #expect(entry.arrived.monotonic <= body.monotonic)
                #expect(ended.monotonic - entry.arrived.monotonic >= 4000)
                #expect(ended.monotonic <= next.arrived.monotonic)
            }
            let summary = try #require(jira.summary().sites["acme"])
            #expect(summary.maxInFlight == 1)
            #expect(summary.created == 20)
            #expect(summary.statuses == ["201": 20])
            #expect(summary.outcomes == ["answered": 20])
            #expect(try #require(summary.minWriteGap) >= 4000)
            #expect(jira.duplicates().isEmpty)
        }
    }

    @Test("Requests at once are counted while they last, site by site")
    func atOnce() async throws {
        let sites = [SiteConfiguration(), SiteConfiguration(name: "globex")]
        let fault = Fault(.timeOut(milliseconds: 60_000, commits: false), path: "/rest/api/3/myself")
        try await withJira(sites, faults: [fault]) { jira, client in
            let other = Client(base: jira.baseURL(of: "globex"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in [client, client, client, other] {
                    group.addTask { _ = try await client.get("/rest/api/3/myself") }
                }
                try await jira.journal { $0.count == 4 }
                group.cancelAll()
                await #expect(throws: (any Error).self) { try await group.waitForAll() }
            }
            #expect(jira.summary().sites["acme"]?.maxInFlight == 3)
            #expect(jira.summary().sites["globex"]?.maxInFlight == 1)
        }
    }

    @Test("Bodies are kept where that is asked for, and no larger than said")
    func bodies() async throws {
        var configuration = JiraSimulator.Configuration(latency: .zero, journaledBody: 400)
        configuration.faults = [.creating(.truncated, .nth(2))]
        try await JiraSimulator.run(configuration) { jira in
            let client = Client(base: jira.baseURL)
            try await client.create("One")
            await #expect(throws: (any Error).self) { try await client.create("Two") }
            _ = try await client.post("/rest/api/3/issue", Client.issue(String(repeating: "long ", count: 100)))
            let journal = jira.journal()
            #expect(journal[0].requestBody?.type == "application/json")
            let asked = try JSON(parsing: try #require(journal[0].requestBody?.text))
            #expect(asked["fields"]?["summary"] == "One")
            let answered = try JSON(parsing: try #require(journal[0].responseBody?.text))
            #expect(answered["key"] == "PROJ-1")
            #expect(journal[1].requestBody?.text != nil && journal[1].responseBody == nil)
            #expect(journal[2].requestBody?.text == nil && (journal[2].requestBody?.size ?? 0) > 400)
        }
        try await withJira { jira, client in
            try await client.create("One")
            #expect(jira.journal()[0].requestBody == nil && jira.journal()[0].responseBody == nil)
        }
    }

    @Test("Kinds: creates and links write, pages are searches, the rest reads")
    func kinds() async throws {
        try await withJira { jira, client in
            try await client.create("One")
            _ = try await client.search("project = PROJ")
            _ = try await client.get("/rest/api/3/search/jql?jql=project=PROJ")
            _ = try await client.post("/rest/api/3/issue/bulkfetch", ["issueIdsOrKeys": ["PROJ-1"]])
            _ = try await client.post("/rest/api/3/search/approximate-count", ["jql": "project = PROJ"])
            _ = try await client.delete("/rest/api/3/issue/PROJ-1")
            #expect(jira.journal().map(\.kind) == [.write, .search, .search, .read, .read, .write])
            #expect(jira.journal()[2].query == "jql=project=PROJ")
        }
    }

    @Test("Figures: the shortest gap between heads of writes, and of what a gate spaces")
    func figures() throws {
        let entries = try [
            (0, "write"), (1_000, "read"), (1_500, "search"), (2_500, "write"), (2_600, "read"), (9_000, "write"),
        ]
        .enumerated().map { index, event in
            let json = """
                {"sequence": \(index + 1), "site": "acme", "method": "GET", "path": "/", "query": "", "kind": "\(event.1)",
                 "writes": \(event.1 == "write"), "arrived": {"monotonic_us": \(event.0), "wall_us": 0},
                 "ended": {"monotonic_us": \(event.0 + 10), "wall_us": 0}, "outcome": "answered", "in_flight": \(index % 2 + 1)}
                """
            return try JSONDecoder().decode(JournalEntry.self, from: Data(json.utf8))
        }
        let summary = try #require(JournalSummary(entries).sites["acme"])
        #expect(summary.requests == 6)
        #expect(summary.writes == 3)
        #expect(summary.minWriteGap == 2_500)
        #expect(summary.minSpacedGap == 1_000)
        #expect(summary.maxInFlight == 2)
        #expect(summary.elapsed == 9_010)
    }

    @Test("Issues that share a marker are told as duplicates")
    func duplicates() async throws {
        try await withJira { jira, client in
            for marker in ["a", "b", "a"] { try await client.create("One", marker: marker) }
            #expect(jira.duplicates() == ["a": ["PROJ-1", "PROJ-3"]])
            let told = try await client.get("/_simulator/duplicates").json
            #expect(told == ["a": ["PROJ-1", "PROJ-3"]])
        }
    }

    @Test("The journal can be read over HTTP, whole, in part and as lines")
    func overHTTP() async throws {
        try await withJira { jira, client in
            for number in 0..<3 { try await client.create("\(number)") }
            let whole = try await client.get("/_simulator/journal")
            let decoded = try JSONDecoder().decode([JournalEntry].self, from: Data(whole.bytes))
            #expect(decoded == jira.journal())
            let part = try await client.get("/_simulator/journal?after=2").json
            #expect(part.array?.compactMap { $0["sequence"]?.integer } == [3])
            let lines = try await client.get("/_simulator/journal?format=jsonl")
            #expect(lines.text.split(separator: "\n").count == 3)
            let summary = try await client.get("/_simulator/summary").json
            #expect(summary["sites"]?["acme"]?["max_in_flight"] == 1)
            let issues = try await client.get("/_simulator/issues").json
            #expect(issues.array?.compactMap { $0["key"]?.string } == ["PROJ-1", "PROJ-2", "PROJ-3"])
            _ = try await client.post("/_simulator/reset", [:])
            #expect(jira.issues().isEmpty)
            #expect(jira.journal().count == 3)
        }
    }

    @Test("The journal's file has a line for each request; the last line for a request counts")
    func file() async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: url) }  // A file left behind harms no other test.
        let fault = Fault.creating(.delayedCommit(milliseconds: 1000), .nth(2))
        try await JiraSimulator.run(.init(latency: .zero, journalFile: url.path, faults: [fault])) { jira in
            let client = Client(base: jira.baseURL)
            try await client.create("One", marker: "a")
            _ = try? await client.create("Two", marker: "b")  // Its connection is closed.
            jira.advance(by: .seconds(1))
            #expect(jira.issues().count == 2)
        }
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let entries = try lines.map { try JSONDecoder().decode(JournalEntry.self, from: Data($0.utf8)) }
        let last = Dictionary(entries.map { ($0.sequence, $0) }) { _, later in later }
        #expect(last.count == 2)
        #expect(last[1]?.marker == "a")
        #expect(last[2]?.outcome == .dropped)
        #expect(last[2]?.marker == "b")
        #expect(last[2]?.issueKey == "PROJ-2")
    }
}
