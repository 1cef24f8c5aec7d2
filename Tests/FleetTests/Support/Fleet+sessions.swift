import Foundation
import FoundationNetworking
import JiraSimulator
import Postgres
import Redis

/// An answer of the API.
struct APIAnswer: Sendable {
    let status: Int
    let contentType: String?
    /// When to come again, as the answer says.
    let retryAfter: String?
    let body: Data

    func decode<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: body)
    }
}

/// A ticket of an import.
struct ImportTicket: Encodable, Sendable {
    var ref: String
    var title: String
    var descriptionHtml: String?
    var dependsOn: [String]?
    var priority: String?
    var assignee: ImportAssignee?
    var storyPoints: Double?
    var labels: [String]?
    var attachments: [ImportAttachment]?
}

/// Whom a ticket of an import is for.
struct ImportAssignee: Encodable, Sendable {
    var email: String
}

/// A file of a ticket of an import.
struct ImportAttachment: Encodable, Sendable {
    var filename: String
    var contentBase64: String
}

/// An import.
struct ImportBody: Encodable, Sendable {
    var site = "acme"
    var projectKey = "PROJ"
    var tickets: [ImportTicket]

    /// So many tickets, called `<name> 1`, `<name> 2` and so on.
    init(_ name: String, count: Int, site: String = "acme") {
        self.site = site
        tickets = (1...max(count, 1)).prefix(count).map { ImportTicket(ref: "T\($0)", title: "\(name) \($0)") }
    }

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            return try encoder.encode(self)
        }
    }
}

/// How a session stands in the record.
struct SessionStanding: Sendable, Equatable {
    let status: String
    let exported: Int
    let message: String?
    var isOver: Bool { status != "exporting" && status != "ready" }
}

/// What the record says of an export's job.
struct JobStanding: Sendable {
    let id: UUID
    let state: String
    let epoch: Int
    let attempts: Int
    let deaths: Int
    let worker: String?

    /// The process id, which a worker's name holds: `<host>-<pid>-<run>`.
    var pid: Int32? { worker?.split(separator: "-").dropLast().last.flatMap { Int32($0) } }
}

extension Fleet {
    // MARK: The API

    /// Sends a request to the API.
    /// - Parameters:
    ///   - key: nil for none.
    ///   - body: JSON, unless the headers say otherwise.
    func send(
        _ method: String,
        _ path: String,
        key: String?,
        body: Data? = nil,
        headers: [String: String] = [:],
        timeout: TimeInterval = 30
    ) async throws -> APIAnswer {
        guard let address = URL(string: url + path) else { throw FleetFault("\(path) is no path") }
        // The client of the system reads an answer that comes while it is still sending: a 413 does.
        var request = URLRequest(url: address, timeoutInterval: timeout)
        request.httpMethod = method
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (bytes, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw FleetFault("no answer of HTTP") }
        return APIAnswer(
            status: response.statusCode,
            contentType: response.value(forHTTPHeaderField: "Content-Type"),
            retryAfter: response.value(forHTTPHeaderField: "Retry-After"),
            body: bytes
        )
    }

    private struct Imported: Decodable {
        let sessionId: UUID
    }

    /// Imports a session over HTTP.
    func importSession(_ body: ImportBody) async throws -> UUID {
        let answer = try await send("POST", "/api/sessions", key: key, body: try body.json)
        guard answer.status == 201 else { throw FleetFault("an import was answered with \(answer.status)") }
        return try answer.decode(Imported.self).sessionId
    }

    /// Imports a session with the command.
    func importSession(byCommand body: ImportBody) async throws -> UUID {
        let file = FileManager.default.temporaryDirectory.appending(path: "tramline-import-\(UUID().uuidString).json")
        try body.json.write(to: file)
        // It lies in the temporary folder: nobody minds if it stays.
        defer { try? FileManager.default.removeItem(at: file) }
        let path = file.path(percentEncoded: false)
        let output = try await command("sessions", "import", path, "--key-env", "TRAMLINE_KEY", "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Imported.self, from: Data(output.utf8)).sessionId
    }

    /// Starts an export.
    func startExport(_ session: UUID) async throws {
        let answer = try await send("POST", "/api/jira/export-session/\(session.wire)", key: key)
        guard answer.status == 202 else { throw FleetFault("an export was answered with \(answer.status)") }
    }

    /// Imports so many tickets and starts their export.
    func export(_ name: String, count: Int, site: String = "acme") async throws -> UUID {
        let session = try await importSession(ImportBody(name, count: count, site: site))
        try await startExport(session)
        return session
    }

    // MARK: The record

    func standing(of session: UUID) async throws -> SessionStanding {
        let row = try await pool.query(
            """
            SELECT status, user_message,
                   (SELECT count(*) FROM tickets WHERE session_id = sessions.id AND jira_export_status = 'exported')
                       AS exported
            FROM sessions WHERE id = \(session)
            """
        ).only()
        return SessionStanding(
            status: try row.get("status"),
            exported: try row.get("exported"),
            message: try row.get("user_message")
        )
    }

    /// The job that exports a session.
    func job(of session: UUID) async throws -> JobStanding {
        let row = try await pool.query(
            "SELECT id, state, epoch, attempts, deaths, worker_id FROM jobs WHERE session_id = \(session) AND kind = 'export'"
        ).only()
        return JobStanding(
            id: try row.get("id"),
            state: try row.get("state"),
            epoch: try row.get("epoch"),
            attempts: try row.get("attempts"),
            deaths: try row.get("deaths"),
            worker: try row.get("worker_id")
        )
    }

    /// The worker that runs a session's export, and the others.
    func holder(of session: UUID) async throws -> (holder: FleetProcess, others: [FleetProcess]) {
        let job = try await job(of: session)
        guard let holder = workers.first(where: { $0.pid == job.pid }) else {
            throw FleetFault("none of the workers has the export, but \(job.worker ?? "nobody")")
        }
        return (holder, workers.filter { $0.pid != holder.pid })
    }

    /// Waits until a session stands as wanted: looks whenever a step has been announced.
    @discardableResult
    func wait(
        for session: UUID,
        until condition: (SessionStanding) -> Bool
    ) async throws -> SessionStanding {
        let channel = "tramline:{q}:progress:\(session.wire)"
        let steps = try await redisClient.subscribe(to: [channel], limit: 1)
        defer { steps.cancel() }
        var standing = try await standing(of: session)
        if condition(standing) { return standing }
        for await _ in steps {
            standing = try await self.standing(of: session)
            if condition(standing) { return standing }
            if standing.isOver { throw FleetFault("the export ended as \(standing)") }
        }
        throw CancellationError()
    }

    /// Waits for the good end of an export.
    func completed(_ session: UUID) async throws {
        try await wait(for: session) { $0.status == "completed" }
    }

    // MARK: Jira

    /// Waits until so many creates have arrived at a site.
    @discardableResult
    func creates(_ count: Int, at site: String = "acme") async throws -> [JournalEntry] {
        try await jira.journal { entries in entries.count { $0.site == site && $0.isCreate } >= count }
            .filter { $0.site == site && $0.isCreate }
    }
}

extension JournalEntry {
    /// Whether it creates an issue.
    var isCreate: Bool { method == "POST" && path == "/rest/api/3/issue" }

    /// When it arrived, in seconds since 1970.
    var arrivedAt: Double { Double(arrived.wall) / 1e6 }
}

extension UUID {
    /// As it stands on the wire.
    var wire: String { uuidString.lowercased() }
}
