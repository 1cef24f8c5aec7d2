import Jira

/// Connections for the length of a test, by default allowed to go to this machine.
func withConnections<Result>(
    _ configuration: JiraConnections.Configuration = .init(allowInsecure: true),
    _ body: (JiraConnections) async throws -> Result
) async throws -> Result {
    let connections = JiraConnections(configuration)
    do {
        let result = try await body(connections)
        await connections.shutdown()
        return result
    } catch {
        await connections.shutdown()
        throw error
    }
}

/// A client of a scripted server for the length of a test.
func withClient<Result>(
    of script: [ScriptedServer.Act],
    otherwise: ScriptedServer.Act = .answer(HTTP.answer(500, "the script is at its end")),
    configuration: JiraConnections.Configuration = .init(allowInsecure: true),
    _ body: (JiraClient, ScriptedServer) async throws -> Result
) async throws -> Result {
    try await ScriptedServer.run(script, otherwise: otherwise) { server in
        try await withConnections(configuration) { connections in
            try await body(makeClient(at: server.baseURL, connections), server)
        }
    }
}

let testToken = "ATATT-0123456789-secret"

func makeClient(at baseURL: String, _ connections: JiraConnections) throws -> JiraClient {
    JiraClient(
        site: try JiraSite(baseURL: baseURL, allowInsecure: true),
        credential: .basic(email: "bot@acme.example", token: testToken),
        connections: connections
    )
}

let draft = JiraIssueDraft(fields: ["summary": "Do it", "project": ["key": "PROJ"], "issuetype": ["name": "Task"]])

/// The error of a call that must fail.
func failure<Value>(of call: () async throws(JiraError) -> Value) async throws -> JiraError {
    do throws(JiraError) {
        _ = try await call()
    } catch {
        return error
    }
    throw Unexpected("the call succeeded")
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
