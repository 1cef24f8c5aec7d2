import Foundation
import Synchronization

/// Follows by the workers' logs which job runs where, and so knows how long after a worker's death its jobs run elsewhere.
final class RecoveryWatch: Sendable {
    /// A job that was running when its worker was killed, and runs again.
    struct Recovery: Sendable {
        let seconds: Double
        /// What else happened meanwhile.
        let besides: Besides
    }

    /// What happened while a job waited for its next run; the worst of it counts.
    enum Besides: Sendable, CaseIterable {
        case nothing
        /// Another worker was killed or stopped: it may have claimed the job.
        case anotherStrike
        /// A server or a network was in trouble.
        case trouble
    }

    private struct State {
        /// Jobs by the worker that runs them.
        var running: [Int32: Set<String>] = [:]
        /// Jobs whose worker was killed, since when.
        var waiting: [String: ContinuousClock.Instant] = [:]
        var recoveries: [Recovery] = []
        /// When troubles began and ended.
        var troubles: [Range<ContinuousClock.Instant>] = []
        /// When workers were killed and stopped.
        var strikes: [ContinuousClock.Instant] = []

        func besides(_ span: Range<ContinuousClock.Instant>) -> Besides {
            if troubles.contains(where: { $0.overlaps(span) }) { return .trouble }
            return strikes.contains { $0 > span.lowerBound && span.contains($0) } ? .anotherStrike : .nothing
        }
    }

    private let state = Mutex(State())

    var recoveries: [Recovery] { state.withLock { $0.recoveries } }

    /// Jobs whose worker was killed and that have not been heard of since.
    var missing: Set<String> { state.withLock { Set($0.waiting.keys) } }

    /// Listens to a worker from now on.
    func heed(_ worker: FleetProcess) {
        let pid = worker.pid
        worker.onLine(containing: "A job begins") { [weak self] line in self?.began(line, on: pid) }
        for end in ["A job ends", "A job is dropped", "A job's end is not recorded: another"] {
            worker.onLine(containing: end) { [weak self] line in self?.ended(line, on: pid) }
        }
    }

    /// A worker has been killed.
    func killed(_ worker: FleetProcess) {
        state.withLock { state in
            let now = ContinuousClock.now
            state.strikes.append(now)
            for job in state.running.removeValue(forKey: worker.pid) ?? [] { state.waiting[job] = now }
        }
    }

    /// A worker has been stopped.
    func stopped() {
        state.withLock { $0.strikes.append(.now) }
    }

    /// A trouble has lasted until now, and its traces for a while longer.
    func troubled(since begin: ContinuousClock.Instant) {
        state.withLock { $0.troubles.append(begin..<(.now + .seconds(3))) }
    }

    private func began(_ line: String, on pid: Int32) {
        guard let job = Self.job(in: line) else { return }
        state.withLock { state in
            state.running[pid, default: []].insert(job)
            guard let since = state.waiting.removeValue(forKey: job) else { return }
            let took = since..<ContinuousClock.now
            state.recoveries.append(
                Recovery(seconds: (took.upperBound - since) / .seconds(1), besides: state.besides(took))
            )
        }
    }

    private func ended(_ line: String, on pid: Int32) {
        guard let job = Self.job(in: line) else { return }
        state.withLock { _ = $0.running[pid]?.remove(job) }
    }

    /// The id behind `job.id=`.
    static func job(in line: String) -> String? {
        line.firstMatch(of: #/job\.id=([0-9a-f-]{36})/#).map { String($0.output.1) }
    }
}
