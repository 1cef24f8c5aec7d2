import Delivery
import HTTPTypes
import Hummingbird
import Postgres
import Redis

/// What a load balancer asks. No key is needed.
struct HealthRoutes {
    let backend: Backend

    /// How long a server may take to answer.
    private static let patience = Duration.seconds(2)

    /// What the parts are called in a sentence.
    private static let names = [
        "postgresql": "PostgreSQL", "redis": "Redis", "progress": "the subscription to Redis",
    ]

    private struct Health: Encodable {
        let status = "ok"
    }

    private struct Readiness: Encodable {
        let status = "ready"
        let postgresql = "ok"
        let redis = "ok"
        let progress = "ok"
    }

    func add(to router: some RouterMethods<APIContext>) {
        router.on(.health) { _, _ in try Response.json(.ok, Health()) }
        router.on(.ready, ready)
    }

    /// Fails when a server that the API needs does not answer, and says which.
    @Sendable private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
        async let postgres = answers { try await backend.pool.ping() }
        // Not its sign of life alone: a replica and a full memory have that too, and take no jobs.
        async let redis = answers { try await backend.delivery.ping(timeout: Self.patience) }
        var faults: [APIError.Detail] = []
        if await !postgres { faults.append(APIError.Detail(at: "postgresql", message: "does not answer")) }
        if await !redis { faults.append(APIError.Detail(at: "redis", message: "takes no jobs")) }
        if backend.hearing?.isDeaf == true {
            faults.append(APIError.Detail(at: "progress", message: "hears nothing from Redis; it is being mended"))
        }
        guard faults.isEmpty else {
            let names = faults.map { Self.names[$0.at] ?? $0.at }
            throw APIError(
                status: .serviceUnavailable,
                code: .notReady,
                message: "\(names.joined(separator: " and ")) cannot be worked with.",
                details: faults,
                headers: [.retryAfter: "5"]
            )
        }
        return try Response.json(.ok, Readiness())
    }

    private func answers(_ ping: @escaping @Sendable () async throws -> Void) async -> Bool {
        do {
            try await withDeadline(Self.patience, ping)
            return true
        } catch {
            // Whatever it is, the server did not answer; the pool and the client log the reason themselves.
            return false
        }
    }
}
