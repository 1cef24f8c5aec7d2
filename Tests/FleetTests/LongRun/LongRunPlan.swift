import Foundation
import JiraSimulator

/// What happens in a long run, and when: all of it made from one number.
///
/// Two lanes beside each other: processes that end and sleep, and servers and networks that fail. The second has one trouble at a
/// time, so that what comes of it can be told.
struct LongRunPlan: Sendable {
    /// Something that happens.
    enum Event: Sendable, Hashable {
        /// A worker is killed; another one is started some time later.
        case killWorker
        /// A worker is told to stop; another one is started at once.
        case endWorker
        /// A worker is stopped, and goes on later than its lease.
        case stopWorker
        case killAPI
        case trouble(Trouble)
    }

    /// What happens to a server, or to the way there.
    enum Trouble: String, Sendable, CaseIterable {
        case redisFlush, redisRestart, redisScriptFlush, redisReplica, redisFull, redisPause
        case redisReset, redisDelay, redisTrickle, redisHold, redisDrop, redisRefuse
        case postgresRestart, postgresTerminate, postgresNoConnections
        case postgresReset, postgresDelay, postgresHold, postgresDrop, postgresHalfClose
        case jiraReset, jiraDrop, jiraRefuse

        /// Whether Redis has lost all that it knew.
        var losesRedis: Bool { self == .redisFlush || self == .redisRestart }

        /// How often it is in the deck.
        var weight: Int {
            switch self {
            case .redisFlush, .redisRestart: 2
            case .postgresRestart: 3
            default: 1
            }
        }
    }

    struct Moment: Sendable {
        /// From the beginning.
        let at: Duration
        let event: Event
        /// How long it lasts, where it lasts.
        let lasts: Duration
        /// Tells which worker.
        let choice: Int
    }

    /// How often things happen, on average.
    struct Pace: Sendable {
        var kill = Duration.seconds(7.5)
        var stop = Duration.seconds(30)
        var end = Duration.seconds(40)
        var killAPI = Duration.seconds(60)
        var trouble = Duration.seconds(14)
    }

    let seed: UInt64
    let duration: Duration
    /// In the order of their moments.
    let processes: [Moment]
    let troubles: [Moment]
    let faults: [Fault]

    init(seed: UInt64, duration: Duration, lease: Duration, pace: Pace = Pace()) {
        var random = SplitMix(seed: seed)
        self.seed = seed
        self.duration = duration
        var processes: [Moment] = []
        let lanes: [(Event, Duration)] = [
            (.killWorker, pace.kill), (.stopWorker, pace.stop), (.endWorker, pace.end), (.killAPI, pace.killAPI),
        ]
        for (event, interval) in lanes {
            for at in Self.moments(duration, every: interval, &random) {
                // Longer than the lease, where it is to be.
                let lasts = lease + .seconds(Double.random(in: 1...6, using: &random))
                let choice = Int.random(in: 0..<1000, using: &random)
                processes.append(Moment(at: at, event: event, lasts: lasts, choice: choice))
            }
        }
        self.processes = processes.sorted { $0.at < $1.at }
        var deck: [Trouble] = []
        troubles = Self.moments(duration, every: pace.trouble, &random).map { at in
            if deck.isEmpty {
                deck = Trouble.allCases.flatMap { Array(repeating: $0, count: $0.weight) }.shuffled(using: &random)
            }
            // Some are over before a lease is, some are not.
            let lasts = Duration.seconds(Double.random(in: 1...9, using: &random))
            return Moment(at: at, event: .trouble(deck.removeLast()), lasts: lasts, choice: 0)
        }
        faults = FaultMenu(share: 0.05).faults(using: &random)
    }

    /// Moments that far apart on average, never at the very end.
    private static func moments(
        _ duration: Duration,
        every interval: Duration,
        _ random: inout SplitMix
    ) -> [Duration] {
        var found: [Duration] = []
        var at = interval * Double.random(in: 0.2...1, using: &random)
        while at < duration {
            found.append(at)
            at += interval * Double.random(in: 0.6...1.4, using: &random)
        }
        return found
    }
}

extension LongRunPlan {
    private static func number(_ name: String) -> Double? {
        ProcessInfo.processInfo.environment[name].flatMap { Double($0) }
    }

    /// How long a run the environment asks for: `TRAMLINE_FIRE_MINUTES`. Without it the run is a short one.
    static let minutes = number("TRAMLINE_FIRE_MINUTES")
    /// How long a run may take, in minutes.
    static let longest = 5 + Int(minutes ?? 0)
    /// The seconds that a lease lasts in a short run; in a long one it is as long as by default.
    static let shortLease = 2

    /// The plan that the environment asks for: `TRAMLINE_SEED`, or a seed of its own.
    static func fromEnvironment() -> LongRunPlan {
        let seed = number("TRAMLINE_SEED").map { UInt64($0) } ?? UInt64.random(in: 1...999_999)
        if let minutes { return LongRunPlan(seed: seed, duration: .seconds(minutes * 60), lease: .seconds(6)) }
        let pace = Pace(
            kill: .seconds(3),
            stop: .seconds(5),
            end: .seconds(4),
            killAPI: .seconds(9),
            trouble: .seconds(3)
        )
        return LongRunPlan(seed: seed, duration: .seconds(12), lease: .seconds(shortLease), pace: pace)
    }
}
