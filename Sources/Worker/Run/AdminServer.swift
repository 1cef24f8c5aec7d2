import Delivery
import Hummingbird
import Logging
import Postgres
import ServiceLifecycle

/// `/health` and `/ready` of a worker, on a port of their own.
struct AdminServer: Service {
    let host: String
    let port: Int
    let parts: WorkerParts
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("health") { _, _ in HTTPResponse.Status.ok }
        router.get("ready") { [parts] _, _ in
            guard parts.lease.stands() else { throw HTTPError(.serviceUnavailable, message: "no lease in Redis") }
            do {
                try await parts.pool.ping()
            } catch {
                throw HTTPError(.serviceUnavailable, message: "PostgreSQL does not answer")
            }
            return HTTPResponse.Status.ok
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            logger: logger
        )
        try await application.runService(gracefulShutdownSignals: [])
    }
}
