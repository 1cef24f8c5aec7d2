import Delivery
import Jira
import Logging
import ServiceLifecycle
import Settings
import Telemetry
import UnixSignals

/// A worker from start to stop.
struct WorkerProcess {
    private let settings: WorkerSettings
    private let logger: Logger
    private let parts: WorkerParts
    private let registry: MetricRegistry

    /// - Parameter registry: What the process counts and measures into, already in force.
    init(_ settings: WorkerSettings, registry: MetricRegistry) throws {
        self.settings = settings
        self.registry = registry
        logger = Logger(label: "tramline.worker")
        parts = try WorkerParts(settings, logger: logger)
    }

    /// Runs until SIGTERM or SIGINT.
    func run() async throws {
        // Connections first, consumers last: they are stopped in the reverse order.
        var services: [any Service] = [parts.pool, parts.redis]
        if let port = settings.adminPort {
            services.append(
                AdminServer(host: settings.host, port: port, parts: parts, registry: registry, logger: logger)
            )
        }
        services += [parts.keeper, parts.runner]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
            await parts.connections.shutdown()
        } catch {
            await parts.connections.shutdown()
            throw error
        }
        logger.info("A worker has stopped", metadata: ["worker.id": "\(parts.lease.worker)"])
    }
}
