import Delivery
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import Postgres
import Redis
import ServiceLifecycle
import Telemetry
import TramlineModel

/// `/health`, `/ready` and `/metrics` of a worker, on a port of their own.
struct AdminServer: Service {
    /// How long a server may take to answer.
    private static let patience = Duration.seconds(2)

    let host: String
    let port: Int
    let parts: WorkerParts
    let registry: MetricRegistry
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("health") { _, _ in HTTPResponse.Status.ok }
        router.get("ready") { _, _ in await ready() }
        router.get("metrics") { _, _ in await metrics() }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            logger: logger
        )
        try await application.runService(gracefulShutdownSignals: [])
    }

    /// Answers 200 while the worker gets the jobs that there are, else 503; the body names each part.
    private func ready() async -> Response {
        let readiness = await readiness()
        return Response(
            status: readiness.isReady ? .ok : .serviceUnavailable,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: readiness.json.text))
        )
    }

    private func readiness() async -> WorkerReadiness {
        async let postgres = fault { [parts] in try await parts.pool.ping() }
        async let redis = fault { [parts] in try await parts.redis.ping() }
        var readiness = parts.runner.readiness()
        readiness.parts.insert(.init("redis", fault: await redis), at: 0)
        readiness.parts.insert(.init("postgresql", fault: await postgres), at: 0)
        return readiness
    }

    /// All figures in Prometheus's text format; those of the fleet only while Redis answers.
    private func metrics() async -> Response {
        async let readiness = readiness()
        async let fleet = try? withDeadline(Self.patience) { [parts] in try await parts.delivery.stats() }
        var text = PrometheusText()
        registry.write(to: &text)
        ProcessFigures.now()?.write(to: &text)
        await readiness.write(to: &text)
        // Figures that are not to be had are left out, which is how a scraper expects it; `tramline_ready` tells of Redis.
        if let stats = await fleet { FleetFigures(stats: stats, spacing: parts.delivery.spacing).write(to: &text) }
        return Response(
            status: .ok,
            headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text.text))
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
    /// As `/metrics` tells it.
    func write(to text: inout PrometheusText) {
        text.begin(known: MetricName.ready, .gauge)
        for part in parts { text.sample(MetricLabels([("part", part.name)]), part.fault == nil ? 1 : 0) }
        text.begin(known: MetricName.jobsRunning, .gauge)
        text.sample(Double(jobs))
    }

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
