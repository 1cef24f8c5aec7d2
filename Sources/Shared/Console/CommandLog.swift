import Logging
import Synchronization
import Telemetry

/// A command's log, set up once in a process; the first settings count.
enum CommandLog {
    private static let hasBegun = Atomic(false)

    static func begin(level: Logger.Level, format: LogFormat) {
        guard !hasBegun.exchange(true, ordering: .relaxed) else { return }
        bootstrapLogging(level: level, format: format)
    }
}
