import Delivery
import Redis
import TestEquipment
import Testing
import TramlineModel

@Suite("A site's gate", .redis, .tags(.redis), .timeLimit(.minutes(1)))
struct GateTests {
    let site = SiteID(rawValue: "acme.example")

    @Test("One at a time; the next may go one spacing after the start")
    func spacing() async throws {
        try await withDelivery(spacing: .seconds(5)) { delivery in
            let lease = try await delivery.makeWorker()
            let first = delivery.waiter(lease, ticket: 1)
            let second = delivery.waiter(lease, ticket: 2)
            let pass = try await delivery.granted(site, first)
            let held = try await delivery.enterGate(site, as: second)
            #expect(held.isWait && held.waitsUntil == nil && held.behind == 1)
            #expect(
                try await delivery.leaveGate(pass, startedAfter: .milliseconds(7), roundTrip: .milliseconds(400))
            )
            let until = try #require(try await delivery.enterGate(site, as: second).waitsUntil)
            // 5 s, 7 ms until it started, and of the round trip no more than 0.6 % of the spacing: 30 ms.
            #expect(until > .milliseconds(4500) && until <= .milliseconds(5037))
            let forecast = try #require(try await delivery.gateForecast(site))
            #expect(forecast.spacedWaiting == 1 && !forecast.isHeld && forecast.nextIn > .seconds(4))
        }
    }

    @Test("A read does not wait for the spacing, and a pass that sent nothing leaves none")
    func unspaced() async throws {
        try await withDelivery(spacing: .seconds(5)) { delivery in
            let lease = try await delivery.makeWorker()
            let unused = try await delivery.granted(site, delivery.waiter(lease, ticket: 1))
            #expect(try await delivery.leaveGate(unused, startedAfter: nil, roundTrip: nil))
            let write = try await delivery.granted(site, delivery.waiter(lease, ticket: 2))
            #expect(try await delivery.leaveGate(write, startedAfter: .zero, roundTrip: .zero))
            let waiting = delivery.waiter(lease, ticket: 3)
            #expect(try await delivery.enterGate(site, as: waiting).isWait)
            let read = try await delivery.granted(site, delivery.waiter(lease, spaced: false, ticket: 4))
            #expect(try await delivery.leaveGate(read, startedAfter: .zero, roundTrip: .zero))
            #expect(try #require(try await delivery.enterGate(site, as: waiting).waitsUntil) < .milliseconds(5040))
        }
    }

    @Test("A 429 closes the gate for reads too")
    func closing() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let pass = try await delivery.granted(site, delivery.waiter(lease, ticket: 1))
            #expect(
                try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero, closeFor: .seconds(30))
            )
            let until = try await delivery.enterGate(site, as: delivery.waiter(lease, spaced: false, ticket: 2))
                .waitsUntil
            #expect(try #require(until) > .seconds(29))
            #expect(try #require(try await delivery.gateForecast(site)).closedFor > .seconds(29))
        }
    }

    @Test("Asking again keeps the place, and after a lost answer the pass")
    func repetition() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let first = delivery.waiter(lease, ticket: 1)
            _ = try await delivery.granted(site, first)
            let again = try await delivery.granted(site, first)
            let second = delivery.waiter(lease, ticket: 2)
            let third = delivery.waiter(lease, ticket: 3)
            #expect(try await delivery.enterGate(site, as: second).behind == 1)
            #expect(try await delivery.enterGate(site, as: third).behind == 2)
            #expect(try await delivery.enterGate(site, as: second).behind == 1)
            #expect(try await delivery.leaveGate(again, startedAfter: .zero, roundTrip: .zero))
            #expect(try await delivery.enterGate(site, as: third).isWait)
            #expect(try await delivery.enterGate(site, as: second).isGranted)
        }
    }

    @Test("A stale pass frees nothing, but its request is still counted")
    func stalePass() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .milliseconds(400)) { delivery in
            let living = try await delivery.makeWorker("living")
            let paused = try await delivery.withLease(.milliseconds(500)).makeWorker("paused")
            let old = try await delivery.granted(site, delivery.waiter(paused))
            let leaseEnd = try #require(paused.end)
            _ = try await delivery.heartbeat(living) { !$0.reaped.isEmpty }
            let waiter = delivery.waiter(living)
            var pass: GatePass?
            while pass == nil {
                if case .granted(let granted) = try await delivery.enterGate(site, as: waiter) { pass = granted }
            }
            // The dead holder may have sent its request until the end of its lease: a spacing after that.
            #expect(ContinuousClock.now - leaseEnd >= .milliseconds(400))
            #expect(throws: DeliveryError.self) { try old.requestStarted() }
            #expect(try await delivery.leaveGate(old, startedAfter: .seconds(60), roundTrip: .zero) == false)
            #expect(try #require(try await delivery.gateForecast(site)).isHeld)
            #expect(try #require(try await delivery.gateForecast(site)).nextIn > .seconds(55))
        }
    }

    @Test("The queue forgets a dead worker's waiters, and a withdrawn one")
    func withdrawal() async throws {
        try await withDelivery(lease: .seconds(30), spacing: .zero) { delivery in
            let living = try await delivery.makeWorker("living")
            let dying = try await delivery.withLease(.milliseconds(500)).makeWorker("dying")
            let pass = try await delivery.granted(site, delivery.waiter(living, ticket: 1))
            #expect(try await delivery.enterGate(site, as: delivery.waiter(dying)).isWait)
            let leaving = delivery.waiter(living, ticket: 2)
            #expect(try await delivery.enterGate(site, as: leaving).isWait)
            let last = delivery.waiter(living, ticket: 3)
            #expect(try await delivery.enterGate(site, as: last).isWait)
            try await delivery.withdraw(leaving, from: site)
            _ = try await delivery.heartbeat(living) { !$0.reaped.isEmpty }
            #expect(try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero))
            #expect(try await delivery.enterGate(site, as: last).isGranted)
        }
    }

    @Test("Sessions take turns, and a scheduled sync keeps its share")
    func fairness() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let names = ["a", "b", "sync"]
            let ids = [JobID(), JobID(), JobID()]
            let priorities: [JobPriority] = [.person, .person, .scheduled]
            var tickets: [UInt64] = [1, 2, 3]
            func waiter(_ index: Int) -> GateWaiter {
                delivery.waiter(lease, job: ids[index], priority: priorities[index], ticket: tickets[index])
            }
            let opener = try await delivery.granted(site, delivery.waiter(lease, ticket: 99))
            for index in names.indices { #expect(try await delivery.enterGate(site, as: waiter(index)).isWait) }
            _ = try await delivery.leaveGate(opener, startedAfter: .zero, roundTrip: .zero)

            var served = ""
            for _ in 0..<54 {
                for index in names.indices {
                    guard case .granted(let pass) = try await delivery.enterGate(site, as: waiter(index)) else {
                        continue
                    }
                    served += names[index].prefix(1)
                    // The job's next request waits before this one has ended, as a busy job's does.
                    tickets[index] += 3
                    _ = try await delivery.enterGate(site, as: waiter(index))
                    _ = try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero)
                    break
                }
            }
            #expect(served.count == 54)
            let shares = Dictionary(grouping: served) { $0 }.mapValues(\.count)
            #expect(shares == ["a": 24, "b": 24, "s": 6])
            #expect(!served.contains("aaa") && !served.contains("bbb"))
        }
    }

    @Test("A newcomer does not wait behind a long queue of one job's past")
    func newcomer() async throws {
        try await withDelivery(spacing: .zero) { delivery in
            let lease = try await delivery.makeWorker()
            let busy = JobID()
            for ticket in 1...20 {
                let pass = try await delivery.granted(site, delivery.waiter(lease, job: busy, ticket: UInt64(ticket)))
                _ = try await delivery.leaveGate(pass, startedAfter: .zero, roundTrip: .zero)
            }
            let opener = try await delivery.granted(site, delivery.waiter(lease, job: busy, ticket: 50))
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease, job: busy, ticket: 51)).isWait)
            let fresh = delivery.waiter(lease, job: JobID(), ticket: 52)
            #expect(try await delivery.enterGate(site, as: fresh).isWait)
            _ = try await delivery.leaveGate(opener, startedAfter: .zero, roundTrip: .zero)
            #expect(try await delivery.enterGate(site, as: fresh).isGranted)
        }
    }

    @Test(
        "A gate that Redis has forgotten opens a lease and a spacing later; at once when nothing ran",
        arguments: [true, false]
    )
    func forgotten(clean: Bool) async throws {
        try await withDelivery(lease: .seconds(4), spacing: .seconds(2), clean: clean) { delivery in
            let lease = try await delivery.makeWorker()
            let answer = try await delivery.enterGate(site, as: delivery.waiter(lease, spaced: false))
            if clean {
                #expect(answer.isGranted)
            } else {
                let until = try #require(answer.waitsUntil)
                #expect(until > .seconds(5) && until <= .seconds(6))
            }
        }
    }

    @Test("Without a generation, or without a lease, there is no gate")
    func noGeneration() async throws {
        try await withDelivery(clean: nil) { delivery in
            let lease = WorkerLease(worker: WorkerID(rawValue: "nobody"))
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease)).isForgotten)
            #expect(try await delivery.gateForecast(site) == nil)
            _ = try await delivery.createGeneration(clean: true)
            #expect(try await delivery.enterGate(site, as: delivery.waiter(lease)).isLost)
        }
    }
}
