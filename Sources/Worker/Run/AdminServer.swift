import Delivery
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import Postgres
import Redis
import ServiceLifecycle
import TramlineModel

/// `/health` and `/ready` of a worker, on a port of their own.
struct AdminServer: Service {
    /// How long a server may take to answer.
    private static let patience = Duration.seconds(2)

    let host: String
    let port: Int
    let parts: WorkerParts
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("health") { _, _ in HTTPResponse.Status.ok }
        router.get("ready") { _, _ in try await ready() }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            logger: logger
        )
        try await application.runService(gracefulShutdownSignals: [])
    }

    /// Answers 200 while the worker gets the jobs that there are, else 503; the body names each part.
    private func ready() async throws -> Response {
        async let postgres = fault { [parts] in try await parts.pool.ping() }
        async let redis = fault { [parts] in try await parts.redis.ping() }
        var readiness = parts.runner.readiness()
        readiness.parts.insert(.init("redis", fault: await redis), at: 0)
        readiness.parts.insert(.init("postgresql", fault: await postgres), at: 0)
        return Response(
            status: readiness.isReady ? .ok : .serviceUnavailable,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: readiness.json.text))
        )
    }

    private func fault(_ ask: @escaping @Sendable () async throws -> Void) async -> String? {
        do {
            try await withDeadline(Self.patience, ask)
            return nil
        } catch {
            // Whatever it is: the pool and the client log the reason themselves.
            return "it does not answer"
        }
    }
}

extension WorkerReadiness {
    /// As `/ready` tells it.
    var json: JSONValue {
        let parts = parts.map { part in
            JSONMember(
                part.name,
                .object(
                    [JSONMember("ok", .bool(part.fault == nil))]
                        + (part.fault.map { [JSONMember("fault", .string($0))] } ?? [])
                )
            )
        }
        return .object([
            JSONMember("status", .string(isReady ? "ready" : "not_ready")),
            JSONMember("worker", .string(worker.rawValue)),
            JSONMember("parts", .object(parts)),
            JSONMember("jobs", .number(JSONNumber(Int64(jobs)))),
            JSONMember("scheduler", .bool(isScheduler)),
            JSONMember("paused", .array(paused.inOrder.map { .string("\($0)") })),
        ])
    }
}
