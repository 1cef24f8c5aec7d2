import Foundation
import Jira
import Testing

@Suite("What failures tell", .timeLimit(.minutes(1)))
struct ErrorTests {
    private func refusal(_ answer: String) async throws -> JiraError {
        try await withClient(of: [.answer(answer)]) { client, _ in
            try await failure { () throws(JiraError) in try await client.createIssue(draft) }
        }
    }

    @Test("Fields and messages are kept apart")
    func fields() async throws {
        let body =
            #"{"errorMessages":["First.","Second."],"errors":{"priority":"cannot be set","summary":"too long"},"status":400}"#
        let error = try await refusal(
            HTTP.answer(400, body, headers: [("X-AREQUESTID", "42x1x2"), ("atl-traceid", "abc")])
        )
        #expect(error.errorMessages == ["First.", "Second."])
        #expect(error.fieldErrors == ["priority": "cannot be set", "summary": "too long"])
        #expect(
            error.message
                == "Jira refused the request (400): First.; Second.; priority: cannot be set; summary: too long"
        )
        #expect(error.requestID == "42x1x2")
        #expect(error.debugDescription.contains("42x1x2"))
        #expect(error.place.hasPrefix("Jira/"))
    }

    @Test(
        "Other forms of bodies are understood",
        arguments: [
            (
                #"{"code":401,"message":"Unauthorized; scope does not match"}"#, "application/json",
                ["Unauthorized; scope does not match"]
            ),
            (
                #"{"error":"Failed to parse Connect Session Auth Token"}"#, "application/json",
                ["Failed to parse Connect Session Auth Token"]
            ),
            (#"{"title":"Unsupported","detail":"Use JSON","status":415}"#, "application/problem+json", ["Use JSON"]),
            ("XSRF check failed", "text/plain;charset=UTF-8", ["XSRF check failed"]),
            ("<html>secret page</html>", "text/html", []), ("", "application/json", []),
            ("[1,2]", "application/json", []),
            (#"{"errorMessages":[1,null,"kept"],"errors":[]}"#, "application/json", ["kept"]),
            (#"{"errorMessages":"#, "application/json", []),
        ]
    )
    func forms(_ body: String, _ type: String, _ messages: [String]) async throws {
        let error = try await refusal(HTTP.answer(403, body, type: type))
        #expect(error.errorMessages == messages)
        #expect(error.outcome == .refused)
    }

    @Test("A body that is not UTF-8 is no further fault")
    func encoding() async throws {
        let bytes =
            Array(HTTP.head(400, [("Content-Type", "text/plain"), ("Content-Length", "3")]).utf8) + [0x41, 0xFF, 0x42]
        let error = try await withClient(of: [.answerBytes(bytes)]) { client, _ in
            try await failure { () throws(JiraError) in try await client.createIssue(draft) }
        }
        #expect(error.errorMessages == ["A\u{FFFD}B"])
    }

    @Test("Messages are bounded, clean and without the token")
    func bounds() async throws {
        let long = String(repeating: "long ", count: 2000)
        let many = (0..<200).map { #""f\#($0)":"\#(long)""# }.joined(separator: ",")
        let body = #"{"errorMessages":["echo \#(testToken)\u0007\n","\#(long)"],"errors":{\#(many.prefix(40_000))"}}"#
        let error = try await refusal(HTTP.answer(400, body))
        #expect(error.message.count <= JiraError.maximumMessageLength)
        let whole = #"{"errorMessages":["echo \#(testToken)\u0007\n"],"errors":{"a":"and \#(testToken)"}}"#
        let second = try await refusal(HTTP.answer(400, whole))
        #expect(second.errorMessages == ["echo •••  "])
        #expect(second.fieldErrors == ["a": "and •••"])
        #expect(!second.message.contains(testToken))
        #expect(!second.debugDescription.contains(testToken))
    }

    @Test("A limit is told with its reason and its wait")
    func limits() async throws {
        let headers = [
            ("Retry-After", "17"), ("X-RateLimit-Limit", "350"), ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", "2026-01-01T01:01:01Z"), ("RateLimit-Reason", "jira-quota-tenant-based"),
            ("X-RateLimit-NearLimit", "true"),
        ]
        let error = try await refusal(HTTP.answer(429, "", headers: headers))
        let limit = try #require(error.rateLimit)
        #expect(error.retryAfter == .seconds(17))
        #expect(limit.reason == .quotaTenant)
        #expect(limit.limit == 350)
        #expect(limit.remaining == 0)
        #expect(limit.reset == Date(timeIntervalSince1970: 1_767_229_261))
        #expect(limit.isNearLimit)
    }

    @Test(
        "Retry-After in each form",
        arguments: [
            ("0", Duration.zero), ("1.5", .milliseconds(1500)), ("-3", .zero), ("99999999999", .seconds(604_800)),
            ("Sat, 21 Nov 2026 03:00:30 GMT", .seconds(30)), ("Sat, 21 Nov 2026 02:59:30 GMT", .zero), ("soon", nil),
            ("nan", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(_ value: String, _ expected: Duration?) async throws {
        let headers = [
            ("Date", "Sat, 21 Nov 2026 03:00:00 GMT"), ("Retry-After", value), ("RateLimit-Reason", "jira-burst-based"),
        ]
        let error = try await refusal(HTTP.answer(503, "", headers: headers))
        #expect(error.retryAfter == expected)
        #expect(error.rateLimit?.reason == .burst)
        #expect(error.serverTime == Date(timeIntervalSince1970: 1_795_230_000))
    }

    @Test(
        "Reasons",
        arguments: [
            ("jira-quota-global-based", JiraRateLimit.Reason.quotaGlobal),
            ("jira-per-issue-on-write", .perIssueOnWrite),
            ("JIRA-BURST-BASED", .burst), ("something-new", .other("something-new")),
        ]
    )
    func reasons(_ word: String, _ reason: JiraRateLimit.Reason) async throws {
        let error = try await refusal(HTTP.answer(429, "", headers: [("RateLimit-Reason", word)]))
        #expect(error.rateLimit?.reason == reason)
    }

    @Test("A 403 to nobody is about the credential, any other about a permission")
    func denied() async throws {
        let denied = try await refusal(
            HTTP.answer(403, "", headers: [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")])
        )
        #expect(denied.code == .unauthenticated && denied.outcome == .refused)
        let known = try await refusal(HTTP.answer(403, "", headers: [("X-Seraph-LoginReason", "OK")]))
        #expect(known.code == .forbidden && known.outcome == .refused)
    }

    @Test("An answer to nobody is no answer to a read, and counts for a create")
    func anonymous() async throws {
        let headers = [("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")]
        let empty = HTTP.answer(200, #"{"issues":[],"isLast":true}"#, headers: headers)
        let created = HTTP.answer(201, #"{"id":"1","key":"PROJ-1"}"#, headers: headers)
        try await withClient(of: [.answer(empty), .answer(created)]) { client, _ in
            let error = try await failure { () throws(JiraError) in
                try await client.searchPage(JiraSearch(jql: "project = PROJ"))
            }
            #expect(error.code == .unauthenticated)
            #expect(error.status == 200)
            #expect(error.loginReason == "AUTHENTICATED_FAILED")
            #expect(try await client.createIssue(draft).value.key == "PROJ-1")
        }
    }

    @Test(
        "The collected error bodies are understood",
        .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.missing))
    )
    func collected() async throws {
        for example in try Fixtures.json("error_bodies.json").array ?? [] {
            let status = try #require(example["status"]?.int)
            let type = example["content_type"]?.string ?? "application/json"
            let body =
                example["body_text"]?.string ?? example["body"].map { String(decoding: $0.encoded(), as: UTF8.self) }
            let headers = (example["headers"]?.object ?? [:]).compactMap { name, value in
                value.string.map { (name, $0) }
            }
            let error = try await refusal(HTTP.answer(status, body ?? "", headers: headers, type: type))
            #expect(error.outcome == .refused, "\(example["where"]?.string ?? "")")
            #expect(Set(error.fieldErrors.keys) == Set((example["body"]?["errors"]?.object ?? [:]).keys))
            if let text = example["body_text"]?.string { #expect(error.errorMessages == [text]) }
        }
    }
}
