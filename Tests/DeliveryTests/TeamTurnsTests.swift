import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Delivery

/// A job that always has a request at a site's gate, as a busy export does.
private final class BusyJob {
    let name: String
    private let id = JobID()
    private let team: TeamID
    private let priority: JobPriority
    private let lease: WorkerLease
    private(set) var waiter: GateWaiter

    init(_ name: String, of team: TeamID, _ priority: JobPriority = .person, lease: WorkerLease) {
        (self.name, self.team, self.priority, self.lease) = (name, team, priority, lease)
        waiter = GateWaiter(team: team, job: id, lease: lease, priority: priority, isSpaced: true, ticket: 1)
    }

    /// Makes the next request.
    func goOn() {
        waiter = GateWaiter(
            team: team,
            job: id,
            lease: lease,
            priority: priority,
            isSpaced: true,
            ticket: waiter.ticket + 1
        )
    }
}

@Suite("Turns between teams", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct TeamTurnsTests {
    private let site = SiteID(rawValue: "acme.example")

    /// Serves so many requests of jobs that never run out of them.
    /// - Returns: The jobs' names in the order in which they were served.
    private func serve(
        _ count: Int,
        _ jobs: [BusyJob],
        _ delivery: Delivery,
        _ lease: WorkerLease
    ) async throws
        -> [String]
    {
        let departure = { (pass: GatePass) in
            GateDeparture(turn: pass.departure().turn, startedAfter: .zero, roundTrip: .zero, closeFor: nil)
        }
        let opener = try await delivery.granted(site, delivery.waiter(lease, team: TeamID()))
        for job in jobs { #expect(try await delivery.enterGate(site, as: job.waiter).isWait) }
        var next = try await delivery.leave(opener, departure(opener)).nextMember
        var served: [String] = []
        for _ in 0..<count {
            let job = try #require(jobs.first { $0.waiter.member == next })
            let pass = try await delivery.granted(site, job.waiter)
            served.append(job.name)
            // The job's next request waits before this one has ended.
            job.goOn()
            #expect(try await delivery.enterGate(site, as: job.waiter).isWait)
            next = try await delivery.leave(pass, departure(pass)).nextMember
        }
        return served
    }

    private func count(_ names: [String]) -> [String: Int] { Dictionary(grouping: names) { $0 }.mapValues(\.count) }

    @Test("A team with fifty sessions at a site gets every other request, a team with one the others")
    func site50to1() async throws {
        try await withDelivery(lease: .seconds(60), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let (large, small) = (TeamID(), TeamID())
            let jobs =
                (0..<50).map { BusyJob("large \($0)", of: large, lease: lease) } + [
                    BusyJob("small", of: small, lease: lease)
                ]
            let served = try await serve(100, jobs, delivery, lease)
            let shares = count(served)
            #expect(shares["small"] == 50)
            // And within the large team each session has its turn.
            #expect(shares.filter { $0.key != "small" }.map(\.value) == Array(repeating: 1, count: 50))
            for (one, other) in zip(served, served.dropFirst()) { #expect((one == "small") != (other == "small")) }
        }
    }

    @Test("Weights count between teams and within one: a sync costs what four requests of persons cost")
    func weights() async throws {
        try await withDelivery(lease: .seconds(60), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let (one, other) = (TeamID(), TeamID())
            let alone = [
                BusyJob("sync", of: one, .scheduled, lease: lease), BusyJob("export", of: other, lease: lease),
            ]
            let served = try await serve(50, alone, delivery, lease)
            #expect(count(served) == ["export": 40, "sync": 10])
        }
        try await withDelivery(lease: .seconds(60), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let (one, other) = (TeamID(), TeamID())
            let jobs = [
                BusyJob("own export", of: one, lease: lease), BusyJob("own sync", of: one, .scheduled, lease: lease),
                BusyJob("export", of: other, lease: lease),
            ]
            // In a team 4 to 1; the team pays for its sync with its own turns.
            let served = try await serve(130, jobs, delivery, lease)
            #expect(count(served) == ["export": 80, "own export": 40, "own sync": 10])
        }
    }

    @Test("A team that comes later does not wait behind another one's past")
    func newTeam() async throws {
        try await withDelivery(lease: .seconds(60), spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let early = (0..<2).map { BusyJob("early \($0)", of: oneTeam, lease: lease) }
            _ = try await serve(30, early, delivery, lease)
            for job in early { try await delivery.withdraw(job.waiter, from: site) }
            for job in early { job.goOn() }
            let late = BusyJob("late", of: TeamID(), lease: lease)
            let served = try await serve(20, early + [late], delivery, lease)
            #expect(count(served)["late"] == 10)
        }
    }

    @Test("The forecast counts of another team what goes before: as many as one's own turns")
    func behind() async throws {
        try await withDelivery(lease: .seconds(60), spacing: .seconds(5)) { delivery in
            let lease = try await delivery.makeWorker()
            _ = try await delivery.granted(site, delivery.waiter(lease, team: TeamID()))
            let large = TeamID()
            for ticket in 1...20 {
                _ = try await delivery.enterGate(site, as: delivery.waiter(lease, team: large, ticket: UInt64(ticket)))
            }
            // One in flight and one of the large team; then its own first and another one of the large team.
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease, ticket: 31)).behind == 2)
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease, ticket: 32)).behind == 4)
            let forecast = try #require(try await delivery.gateForecast(site))
            #expect(forecast.spacedWaiting == 22)
        }
    }

    @Test("Where slots are short, teams' jobs are claimed by turns, and a newcomer's first one next")
    func claims() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let large = jobs(50, team: TeamID())
            try await delivery.enqueue(large)
            #expect(try await delivery.claimed(upTo: 10, worker) == large.prefix(10).map(\.id))
            let (single, some) = (jobs(1, team: TeamID()), jobs(5, team: TeamID()))
            try await delivery.enqueue(single + some)
            let next = try await delivery.claimed(upTo: 12, worker)
            #expect(next.prefix(2) == [single[0].id, some[0].id])
            #expect(next.filter { some.map(\.id).contains($0) } == some.map(\.id))
            #expect(next.filter { large.map(\.id).contains($0) } == large[10..<16].map(\.id))
            // Two of the large team never follow each other while somebody else has one.
            let isLarge = next.prefix(10).map { id in large.contains { $0.id == id } }
            #expect(!zip(isLarge, isLarge.dropFirst()).contains { $0 && $1 })
        }
    }

    @Test(
        "A person's job of any team goes before every team's scheduled ones, save those that are older than the head start"
    )
    func priorities() async throws {
        try await withDelivery { delivery in
            let worker = try await delivery.makeWorker()
            let scheduled = (0..<10).flatMap { _ in jobs(1, .scheduled, team: TeamID()) }
            try await delivery.enqueue(scheduled)
            let person = jobs(3, .person, team: scheduled[0].team)
            try await delivery.enqueue(person)
            let waiting = jobs(1, .waiting, team: scheduled[0].team)
            try await delivery.enqueue(waiting)
            #expect(try await delivery.claimed(upTo: 4, worker) == (waiting + person).map(\.id))
            #expect(try await delivery.claimed(upTo: 20, worker) == scheduled.map(\.id))
        }
    }
}
