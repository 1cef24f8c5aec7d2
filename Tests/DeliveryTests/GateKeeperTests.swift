import Delivery
import Logging
import Redis
import Synchronization
import TestEquipment
import Testing
import TramlineModel

@Suite("A gate keeper", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct GateKeeperTests {
    let site = SiteID(rawValue: "acme.example")
    /// So long that nothing in these tests can come from it.
    let never = Duration.seconds(3600)

    @Test("200 waiters of several workers go one by one, spaced, and no wake is lost")
    func crowd() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .milliseconds(15)) { delivery in
            let journal = Journal()
            try await withKeepers(4, delivery, pulse: never) { keepers in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            try await keepers[number % 4].request(site, number % 3 == 0 ? .scheduled : .person, journal)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(journal.starts.count == 200)
            #expect(journal.mostAtOnce == 1)
            #expect(try #require(journal.smallestGap) >= .milliseconds(15))
        }
    }

    @Test("Requests of one job cost the spacing and little more")
    func overhead() async throws {
        let spacing = Duration.milliseconds(200)
        let count = 15
        try await withDelivery(lease: .seconds(30), spacing: spacing) { delivery in
            let journal = Journal()
            try await withKeepers(1, delivery, pulse: never) { keepers in
                let job = JobID()
                for _ in 0..<count {
                    try await keepers[0].request(site, .person, journal, job: job) {
                        // The round trip takes a fifth of the spacing, by the gate's own clock.
                        try await delivery.waitUntil(site) { $0.nextIn <= spacing * 4 / 5 }
                    }
                }
            }
            let starts = journal.starts
            let excess = (try #require(starts.last) - starts[0]) / (count - 1) - spacing
            #expect(try #require(journal.smallestGap) >= spacing)
            // 0.6 % of the spacing is meant, and a millisecond or two for timers and round trips; the rest of the bound is for
            // a machine that does other things at the same time.
            print("gate: \(excess) beyond a spacing of \(spacing) per request")
            #expect(excess < .milliseconds(150))
        }
    }

    @Test("Two sites do not wait for each other")
    func sites() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .seconds(20)) { delivery in
            try await withKeepers(1, delivery, pulse: never) { keepers in
                for number in 0..<5 {
                    try await keepers[0].request(SiteID(rawValue: "site \(number)"), .person, Journal())
                }
            }
        }
    }

    @Test("A cancelled waiter gives up its place, and the next one goes")
    func cancellation() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .zero) { delivery in
            try await withKeepers(2, delivery, pulse: never) { keepers in
                let release = Doorway()
                let holder = Task { try await keepers[0].request(site, .person, Journal()) { await release.pass() } }
                try await delivery.waitUntil(site) { $0.isHeld }
                let cancelled = Task { try await keepers[0].request(site, .person, Journal()) }
                try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }
                let next = Task { try await keepers[1].request(site, .person, Journal()) }
                try await delivery.waitUntil(site) { $0.spacedWaiting == 2 }
                cancelled.cancel()
                let error = await #expect(throws: DeliveryError.self) { try await cancelled.value }
                #expect(error?.code == .cancelled)
                try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }
                release.open()
                try await holder.value
                try await next.value
            }
        }
    }

    @Test("The waiters of a job that is called off give up their places; those of another stay")
    func callingOff() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .zero) { delivery in
            try await withKeepers(1, delivery, pulse: never) { keepers in
                let keeper = keepers[0]
                let release = Doorway()
                let holder = Task { try await keeper.request(site, .person, Journal()) { await release.pass() } }
                try await delivery.waitUntil(site) { $0.isHeld }
                let (job, isCalledOff) = (JobID(), Flag())
                let unwanted = Task {
                    try await keeper.request(site, .person, Journal(), job: job, calledOffBy: isCalledOff)
                }
                let other = Task { try await keeper.request(site, .person, Journal()) }
                try await delivery.waitUntil(site) { $0.spacedWaiting == 2 }
                // Looking again changes nothing while the job is wanted.
                keeper.callOff(job)
                isCalledOff.set()
                keeper.callOff(job)
                let error = await #expect(throws: DeliveryError.self) { try await unwanted.value }
                #expect(error?.code == .calledOff)
                try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }
                release.open()
                try await holder.value
                try await other.value
                let late = await #expect(throws: DeliveryError.self) {
                    try await keeper.request(site, .person, Journal(), job: job, calledOffBy: isCalledOff)
                }
                #expect(late?.code == .calledOff)
            }
        }
    }

    @Test("A waiter gives up at its deadline")
    func deadline() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .seconds(30)) { delivery in
            try await withKeepers(1, delivery, pulse: never) { keepers in
                try await keepers[0].request(site, .person, Journal())
                let error = await #expect(throws: DeliveryError.self) {
                    try await keepers[0].request(site, .person, Journal(), within: .milliseconds(100))
                }
                #expect(error?.code == .gateDeadline)
                try await delivery.waitUntil(site) { $0.spacedWaiting == 0 }
            }
        }
    }

    @Test("The body's error comes through, and the gate opens all the same; a 429 closes it")
    func failure() async throws {
        struct Failure: Error {}
        try await withDelivery(lease: .seconds(30), spacing: .zero) { delivery in
            try await withKeepers(1, delivery, pulse: never) { keepers in
                await #expect(throws: Failure.self) {
                    try await keepers[0].request(site, .person, Journal()) { throw Failure() }
                }
                let start = ContinuousClock.now
                try await keepers[0].withPass(
                    site: site,
                    job: JobID(),
                    priority: .person,
                    spaced: true,
                    deadline: .now + .seconds(30)
                ) { pass in
                    try pass.requestStarted()
                    pass.closeGate(for: .milliseconds(300))
                }
                try await keepers[0].request(site, .person, Journal())
                #expect(ContinuousClock.now - start >= .milliseconds(300))
            }
        }
    }

    @Test("A worker whose lease has ended gets no pass, and may not use one that it has")
    func endedLease() async throws {
        try await withDelivery(lease: .milliseconds(200), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            try await withKeeper(delivery, lease, pulse: never) { keeper in
                await #expect(throws: DeliveryError.self) {
                    try await keeper.withPass(
                        site: site,
                        job: JobID(),
                        priority: .person,
                        spaced: true,
                        deadline: .now + .seconds(30)
                    ) { pass in
                        // Nobody beats for it, so it ends by itself.
                        while lease.stands() { await Task.yield() }
                        // What a late process finds when it wakes: a lease that began anew under its feet.
                        _ = try await delivery.register(lease)
                        #expect(lease.stands())
                        try pass.requestStarted()
                    }
                }
                while lease.stands() { await Task.yield() }
                let error = await #expect(throws: DeliveryError.self) {
                    try await keeper.request(site, .person, Journal())
                }
                #expect(error?.code == .leaseLost)
            }
        }
    }

    @Test("A pass survives the loss of all data, and nobody else gets the gate")
    func dataLoss() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url) { client in
                let delivery = Delivery(redis: client, lease: .seconds(4), spacing: .milliseconds(100))
                _ = try await delivery.createGeneration(clean: true)
                let lease = try await delivery.makeWorker("one")
                let other = try await delivery.makeWorker("other")
                let journal = Journal()
                try await withKeeper(delivery, lease, pulse: .milliseconds(50)) { keeper in
                    let release = Doorway()
                    async let inFlight: Void = keeper.request(site, .person, journal) { await release.pass() }
                    try await delivery.waitUntil(site) { $0.isHeld }
                    async let waiting: Void = keeper.request(site, .person, journal)
                    try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }

                    _ = try await client.send(RedisCommand("FLUSHALL"))
                    #expect(try await delivery.heartbeat(lease) == .forgotten)
                    _ = try await delivery.createGeneration(clean: false)
                    #expect(try await delivery.register(lease, holding: [], gates: keeper) == .registered(taken: []))
                    let forecast = try #require(try await delivery.gateForecast(site))
                    #expect(forecast.isHeld)
                    #expect(forecast.closedFor > .milliseconds(100))
                    // The waiter has lost its place with the data, and finds out.
                    try await delivery.waitUntil(site, beating: [lease]) { $0.spacedWaiting == 1 }
                    _ = try await delivery.register(other)
                    let rival = delivery.waiter(other)
                    #expect(try await delivery.enterGate(site, as: rival).isWait)
                    try await delivery.withdraw(rival, from: site)

                    release.open()
                    try await inFlight
                    while journal.starts.count < 2 { _ = try await delivery.heartbeat(lease) }
                    try await waiting
                    #expect(journal.mostAtOnce == 1)
                    #expect(try #require(journal.smallestGap) >= .milliseconds(100))
                }
            }
        }
    }

    @Test("Redis's death and return are waited out")
    func restart() async throws {
        try await PrivateRedis.run { server in
            try await withRedisClient(url: server.url, commandTimeout: .seconds(1)) { client in
                let delivery = Delivery(redis: client, lease: .seconds(20), spacing: .zero)
                _ = try await delivery.createGeneration(clean: true)
                let lease = try await delivery.makeWorker()
                try await withKeeper(delivery, lease, pulse: .milliseconds(50)) { keeper in
                    let release = Doorway()
                    async let inFlight: Void = keeper.request(site, .person, Journal()) { await release.pass() }
                    try await delivery.waitUntil(site) { $0.isHeld }
                    async let waiting: Void = keeper.request(site, .person, Journal())
                    try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }
                    server.kill()
                    release.open()
                    // The result comes although the gate cannot be given back yet.
                    try await inFlight
                    try await server.start()
                    _ = try await delivery.createGeneration(clean: true)
                    _ = try await delivery.register(lease, gates: keeper)
                    try await waiting
                }
            }
        }
    }

    @Test("A place in a worker's name that nobody there has is given up")
    func orphan() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            try await withKeeper(delivery, lease, pulse: never) { _ in
                // As when a question is read by Redis after the one who asked has gone.
                _ = try await delivery.granted(site, delivery.waiter(lease, ticket: 999))
                try await withKeepers(1, delivery, pulse: .milliseconds(50)) { others in
                    try await others[0].request(site, .person, Journal())
                }
            }
        }
    }

    @Test("A stopped keeper sends its waiters away and lets nobody in")
    func stopping() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .seconds(30)) { delivery in
            let lease = try await delivery.makeWorker()
            let keeper = GateKeeper(delivery: delivery, lease: lease, logger: Logger(label: "test"), pulse: never)
            let running = Task { try await keeper.run() }
            try await keeper.request(site, .person, Journal())
            let waiting = Task { try await keeper.request(site, .person, Journal()) }
            try await delivery.waitUntil(site) { $0.spacedWaiting == 1 }
            running.cancel()
            try await running.value
            for attempt in [waiting, Task { try await keeper.request(site, .person, Journal()) }] {
                let error = await #expect(throws: DeliveryError.self) { try await attempt.value }
                #expect(error?.code == .closed)
            }
        }
    }
}

/// Runs keepers of workers of their own.
private func withKeepers<Result: Sendable>(
    _ count: Int,
    _ delivery: Delivery,
    pulse: Duration,
    _ body: @Sendable ([GateKeeper]) async throws -> Result
) async throws -> Result {
    var keepers: [GateKeeper] = []
    for number in 0..<count {
        let lease = try await delivery.makeWorker("worker-\(number)")
        keepers.append(GateKeeper(delivery: delivery, lease: lease, logger: Logger(label: "test"), pulse: pulse))
    }
    return try await withThrowingTaskGroup(of: Void.self) { [keepers] group in
        for keeper in keepers { group.addTask { try await keeper.run() } }
        defer { group.cancelAll() }
        return try await body(keepers)
    }
}

private func withKeeper<Result: Sendable>(
    _ delivery: Delivery,
    _ lease: WorkerLease,
    pulse: Duration,
    _ body: @Sendable (GateKeeper) async throws -> Result
) async throws -> Result {
    let keeper = GateKeeper(delivery: delivery, lease: lease, logger: Logger(label: "test"), pulse: pulse)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await keeper.run() }
        defer { group.cancelAll() }
        return try await body(keeper)
    }
}

extension GateKeeper {
    /// Sends one pretended request.
    fileprivate func request(
        _ site: SiteID,
        _ priority: JobPriority,
        _ journal: Journal,
        job: JobID = JobID(),
        within timeout: Duration = .seconds(50),
        calledOffBy flag: Flag? = nil,
        _ body: () async throws -> Void = {}
    ) async throws {
        let isCalledOff: @Sendable () -> Bool = { flag?.isSet ?? false }
        try await withPass(
            site: site,
            job: job,
            priority: priority,
            spaced: true,
            deadline: .now + timeout,
            isCalledOff: isCalledOff
        ) { pass in
            try pass.requestStarted()
            journal.begin()
            defer { journal.end() }
            try await body()
        }
    }
}

extension Delivery {
    /// Looks at a gate until it stands as wanted, beating for workers meanwhile.
    fileprivate func waitUntil(
        _ site: SiteID,
        beating leases: [WorkerLease] = [],
        _ isSo: (GateForecast) -> Bool
    ) async throws {
        while true {
            for lease in leases { _ = try await heartbeat(lease) }
            if let forecast = try await gateForecast(site), isSo(forecast) { return }
        }
    }
}

/// What the pretended Jira sees.
private final class Journal: Sendable {
    private struct State {
        var starts: [ContinuousClock.Instant] = []
        var now = 0
        var most = 0
    }

    private let state = Mutex(State())

    var starts: [ContinuousClock.Instant] { state.withLock { $0.starts } }
    var mostAtOnce: Int { state.withLock { $0.most } }
    var smallestGap: Duration? { zip(starts, starts.dropFirst()).map { $1 - $0 }.min() }

    func begin() {
        state.withLock { state in
            state.starts.append(.now)
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func end() {
        state.withLock { $0.now -= 1 }
    }
}

/// Says something once.
private final class Flag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}

/// Keeps people until it is opened.
private final class Doorway: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func open() { continuation.finish() }

    func pass() async {
        for await _ in stream {}
    }
}
