import Foundation
import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

@Suite("Create requests in the record", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct OperationStoreTests {
    private struct Export {
        let record: RecordFixture
        let claim: JobClaim
        let session: SessionID
        let ticket: Ticket

        func intend(lowKeyNumber: Int64? = nil, jiraTime: Date? = nil) async throws -> CreateOperation {
            try await record.jobs.withFence(claim) { connection in
                try await OperationStore.intend(
                    ticket,
                    by: claim,
                    lowKeyNumber: lowKeyNumber,
                    timeout: .seconds(30),
                    jiraTime: jiraTime,
                    on: connection
                )
            }
        }

        func commit(_ step: (PostgresConnection) async throws -> Void) async throws {
            try await record.jobs.withFence(claim) { try await step($0) }
        }

        func newest() async throws -> CreateOperation? {
            try await OperationStore.newest(ofSession: session, on: record.pool)[ticket.id]
        }

        /// Settles a request as having made an issue.
        func settle(_ operation: CreateOperation) async throws -> Bool {
            let issue = ExportedIssue(id: "10001", key: "PROJ-7", url: "https://acme.example/browse/PROJ-7")
            return try await record.jobs.withFence(claim) { connection in
                let needsAudit = try await OperationStore.settleCreated(
                    operation,
                    as: issue,
                    adopted: true,
                    auditDelay: .seconds(600),
                    on: connection
                )
                try await record.exports.markExported(ticket.id, as: issue, on: connection)
                return needsAudit
            }
        }
    }

    private func withExport(_ body: (Export) async throws -> Void) async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = try await record.insertJob()
            let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
            let ticket = try #require(try await record.exports.tickets(of: session, on: record.pool).first)
            try await body(Export(record: record, claim: claim, session: session, ticket: ticket))
        }
    }

    @Test("While one is unsettled, a ticket gets no other", arguments: [OperationState.intended, .uncertain])
    func oneOpen(_ state: OperationState) async throws {
        try await withExport { export in
            let operation = try await export.intend(lowKeyNumber: 41)
            #expect(operation.attempt == 1 && operation.marker == export.ticket.marker)
            #expect(operation.lowKeyNumber == 41 && operation.epoch == export.claim.epoch)
            if state == .uncertain {
                try await export.commit {
                    try await OperationStore.markUncertain(operation, httpStatus: 502, detail: "bad", on: $0)
                }
            }
            let newest = try await export.newest()
            #expect(newest?.id == operation.id && newest?.state == state)
            let error = await #expect(throws: PostgresError.self) { try await export.intend() }
            #expect(error?.isUniqueViolation(constraint: "operations_one_open_per_ticket") == true)
        }
    }

    @Test("Of two that are intended at once, one is refused")
    func race() async throws {
        try await withExport { export in
            let intended = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            _ = try await export.intend()
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(intended == 1)
        }
    }

    @Test("A settled one makes room for the next, which counts on and keeps the marker")
    func settled() async throws {
        try await withExport { export in
            let first = try await export.intend()
            try await export.commit {
                try await OperationStore.settleRefused(first, httpStatus: 400, detail: "a field", on: $0)
            }
            #expect(try await export.newest()?.state == .refused)
            let second = try await export.intend()
            #expect(second.attempt == 2 && second.marker == first.marker && second.id != first.id)
            // The first is known to have made nothing: there can be no twin.
            #expect(try await export.settle(second) == false)
            #expect(try await export.newest() == nil)
            let states = try await export.record.pool.query(
                "SELECT state, adopted, settled_at IS NOT NULL AS settled FROM operations ORDER BY attempt"
            ).map { "\(try $0.get("state", as: String.self)) \(try $0.get("adopted", as: Bool.self))" }
            #expect(states == ["refused false", "created true"])
        }
    }

    @Test("The deadline runs by the database's clock, beside what Jira's own shows")
    func times() async throws {
        try await withExport { export in
            let jiraTime = Date(timeIntervalSince1970: 1_700_000_000)
            let operation = try await export.intend(jiraTime: jiraTime)
            #expect(abs(operation.deadlineAt.timeIntervalSince(operation.intendedAt) - 30) < 1)
            #expect(operation.jiraTime == jiraTime)
            #expect(try await OperationStore.now(on: export.record.pool) >= operation.intendedAt)
        }
    }

    @Test("Uncertainty keeps its first moment, and is counted for its job")
    func uncertainty() async throws {
        try await withExport { export in
            let operation = try await export.intend()
            let (pool, job) = (export.record.pool, export.claim.job.id)
            #expect(try await OperationStore.losses(of: export.ticket.id, in: job, on: pool) == 0)
            for detail in ["reset", "again"] {
                try await export.commit {
                    try await OperationStore.markUncertain(operation, httpStatus: nil, detail: detail, on: $0)
                }
                try await pool.execute("UPDATE operations SET uncertain_at = '2026-01-01' WHERE \(detail) = 'reset'")
            }
            let kept = try await pool.query("SELECT uncertain_at = '2026-01-01' FROM operations").scalar(as: Bool.self)
            #expect(kept)
            #expect(try await OperationStore.losses(of: export.ticket.id, in: job, on: pool) == 1)
            #expect(try await OperationStore.losses(of: export.ticket.id, in: JobID(), on: pool) == 0)
        }
    }

    @Test("A create that was repeated after an unknown end is to be audited", arguments: ["refused", "parked"])
    func repeated(_ end: String) async throws {
        try await withExport { export in
            let first = try await export.intend()
            try await export.commit { connection in
                try await OperationStore.markUncertain(first, httpStatus: nil, detail: "reset", on: connection)
                if end == "parked" {
                    try await OperationStore.park(first, detail: "unknown", on: connection)
                } else {
                    try await OperationStore.settleRefused(first, httpStatus: nil, detail: "absent", on: connection)
                }
            }
            #expect(try await export.newest()?.state.rawValue == end)
            #expect(try await export.settle(try await export.intend()))
        }
    }

    @Test("A request with an unknown end that is found itself has no twin to be looked for")
    func adopted() async throws {
        try await withExport { export in
            let operation = try await export.intend()
            try await export.commit {
                try await OperationStore.markUncertain(operation, httpStatus: nil, detail: "reset", on: $0)
            }
            #expect(try await export.settle(operation) == false)
        }
    }

    @Test("The highest key known is the greatest number, not the greatest text")
    func highestKey() async throws {
        try await withRecord { record in
            #expect(try await record.highestKeyNumber() == nil)
            let session = try await record.importSession(tickets: 5).id
            let tickets = try await record.exports.tickets(of: session, on: record.pool)
            try await record.pool.withTransaction { connection in
                // One was moved to another project: its number is that one's.
                for (ticket, key) in zip(tickets, ["PROJ-9", "PROJ-10", "PROJ-2", "OTHER-99", "PROJ-X-98"]) {
                    let issue = ExportedIssue(id: key, key: key, url: "https://x/\(key)")
                    try await record.exports.markExported(ticket.id, as: issue, on: connection)
                }
                try await connection.execute(
                    "UPDATE tickets SET exported_at = now() - interval '1 hour' WHERE jira_ticket_key <> 'PROJ-9'"
                )
            }
            #expect(try await record.highestKeyNumber() == 10)
            #expect(try await record.highestKeyNumber(within: .seconds(60)) == 9)
            let known = try await OperationStore.known(
                among: ["PROJ-9", "OTHER-99", "PROJ-1"],
                of: record.integration.id,
                on: record.pool
            )
            #expect(known == ["PROJ-9", "OTHER-99"])
            let newest = try await OperationStore.newestIssues(
                inProject: "PROJ",
                of: record.integration.id,
                limit: 1,
                on: record.pool
            )
            #expect(newest == ["PROJ-9"])
        }
    }
}

extension RecordFixture {
    fileprivate func highestKeyNumber(within age: Duration? = nil) async throws -> Int64? {
        try await OperationStore.highestKeyNumber(inProject: "PROJ", of: integration.id, within: age, on: pool)
    }
}
