import Testing
import TramlineModel

@testable import Worker

@Suite("Which ticket comes next")
struct ExportLedgerTests {
    private let now = ContinuousClock.now
    private let issue = ExportedIssue(id: "1", key: "PROJ-1", url: "https://x/1")

    private func ledger(
        _ tickets: [Ticket],
        _ operations: [CreateOperation] = [],
        claim: JobClaim = Make.claim()
    ) -> ExportLedger {
        let known = Dictionary(uniqueKeysWithValues: operations.map { ($0.ticket, $0) })
        return ExportLedger(tickets, operations: known, claim: claim, now: now)
    }

    /// Creates all that can be created.
    private func order(_ ledger: inout ExportLedger) -> [String] {
        var refs: [String] = []
        while let (ticket, _) = ledger.next() {
            refs.append(ticket.ref)
            ledger.record(issue, for: ticket.id)
        }
        return refs
    }

    @Test("In the order of creation; what was exported is done")
    func inOrder() {
        var tickets = (1...4).map { Make.ticket($0) }
        tickets[1].issue = issue
        tickets[1].status = .exported
        tickets[2].status = .failed
        tickets[3].status = .skipped
        var ledger = ledger(tickets)
        #expect(order(&ledger) == ["T1", "T3"])
        #expect(ledger.nextLook == nil && ledger.parked.isEmpty)
    }

    @Test("A lost ticket holds up nothing but what stands below it, and comes at its place once it is released")
    func lostParent() {
        let parent = Make.ticket(1)
        let child = Make.ticket(2, parent: .ticket(parent.id))
        let grandchild = Make.ticket(3, parent: .ticket(child.id))
        var ledger = ledger([parent, child, grandchild, Make.ticket(4)], [Make.operation(of: parent, .intended)])
        #expect(ledger.lost(dueAt: now).map(\.ticket.ref) == ["T1"])
        #expect(order(&ledger) == ["T4"])
        ledger.release(parent.id)
        #expect(ledger.nextLook == nil)
        #expect(order(&ledger) == ["T1", "T2", "T3"])
    }

    @Test("One look serves all lost tickets, as soon as it is time for one of them")
    func looks() {
        let tickets = (1...3).map { Make.ticket($0) }
        var ledger = ledger(tickets)
        ledger.lose(Make.operation(of: tickets[0]), lookAt: now + .seconds(5))
        ledger.lose(Make.operation(of: tickets[2]), lookAt: now + .seconds(2))
        #expect(ledger.lost(dueAt: now + .seconds(1)).isEmpty)
        #expect(ledger.nextLook == now + .seconds(2))
        #expect(ledger.lost(dueAt: now + .seconds(2)).map(\.ticket.ref) == ["T1", "T3"])
        ledger.record(issue, for: tickets[2].id)
        #expect(ledger.nextLook == now + .seconds(5))
    }

    @Test("What an earlier job parked is looked for again by a retry, and by nothing else")
    func parked() {
        let ticket = Make.ticket(1)
        let job = JobID()
        let operation = Make.operation(of: ticket, .parked, job: job)
        for claim in [Make.claim(.export), Make.claim(.export, job: job), Make.claim(.retry, job: job)] {
            var ledger = ledger([ticket], [operation], claim: claim)
            #expect(ledger.next() == nil && ledger.parked.map(\.ticket.ref) == ["T1"])
        }
        let retried = ledger([ticket], [operation], claim: Make.claim(.retry))
        #expect(retried.parked.isEmpty && retried.lost(dueAt: now).map(\.ticket.ref) == ["T1"])
    }

    @Test("Only a request that Jira refused for its rate is probed for before the next", arguments: [429, 400, nil])
    func probes(_ status: Int?) {
        let ticket = Make.ticket(1)
        var ledger = ledger([ticket], [Make.operation(of: ticket, .refused, httpStatus: status)])
        #expect((ledger.next()?.probe != nil) == (status == 429))
    }

    @Test("The key above a ticket is its parent's once that is there, or the one that was given")
    func parentKeys() {
        let parent = Make.ticket(1)
        let child = Make.ticket(2, parent: .ticket(parent.id))
        let other = Make.ticket(3, parent: .key("PROJ-9"))
        var ledger = ledger([parent, child, other])
        #expect(ledger.parentKey(of: child) == nil && ledger.parentKey(of: other) == "PROJ-9")
        ledger.record(issue, for: parent.id)
        #expect(ledger.parentKey(of: child) == "PROJ-1")
    }
}
