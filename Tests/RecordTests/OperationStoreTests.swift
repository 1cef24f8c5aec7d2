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
        let ticket: Ticket

        func intend(lowKeyNumber: Int64? = nil) async throws -> CreateOperation {
            try await record.jobs.withFence(claim) { connection in
                try await OperationStore.intend(ticket, by: claim, lowKeyNumber: lowKeyNumber, on: connection)
            }
        }

        func commit(_ step: (PostgresConnection) async throws -> Void) async throws {
            try await record.jobs.withFence(claim) { try await step($0) }
        }

        func open() async throws -> CreateOperation? {
            try await OperationStore.open(of: ticket.id, on: record.pool)
        }
    }

    private func withExport(_ body: (Export) async throws -> Void) async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = try await record.insertJob()
            let claim = try #require(try await record.jobs.claim([job.id], for: WorkerID(rawValue: "w")).first)
            let ticket = try #require(try await record.exports.tickets(of: session, on: record.pool).first)
            try await body(Export(record: record, claim: claim, ticket: ticket))
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
            let open = try await export.open()
            #expect(open?.id == operation.id && open?.state == state)
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
            #expect(try await export.open() == nil)
            let second = try await export.intend()
            #expect(second.attempt == 2 && second.marker == first.marker && second.id != first.id)
            try await export.commit { connection in
                let issue = ExportedIssue(id: "10001", key: "PROJ-7", url: "https://acme.example/browse/PROJ-7")
                try await OperationStore.settleCreated(second, as: issue, adopted: true, on: connection)
                try await export.record.exports.markExported(export.ticket.id, as: issue, on: connection)
            }
            #expect(try await export.open() == nil)
            let states = try await export.record.pool.query(
                "SELECT state, adopted, settled_at IS NOT NULL AS settled FROM operations ORDER BY attempt"
            ).map { "\(try $0.get("state", as: String.self)) \(try $0.get("adopted", as: Bool.self))" }
            #expect(states == ["refused false", "created true"])
        }
    }

    @Test("The age runs by the database's clock, and uncertainty keeps its first moment")
    func age() async throws {
        try await withExport { export in
            let operation = try await export.intend()
            try await export.commit {
                try await OperationStore.markUncertain(operation, httpStatus: nil, detail: "reset", on: $0)
            }
            try await export.record.pool.execute(
                """
                UPDATE operations SET intended_at = clock_timestamp() - interval '90 seconds',
                    uncertain_at = clock_timestamp() - interval '80 seconds'
                """
            )
            #expect(try await OperationStore.age(of: operation, on: export.record.pool) >= .seconds(90))
            try await export.commit {
                try await OperationStore.markUncertain(operation, httpStatus: nil, detail: "again", on: $0)
            }
            let kept = try await export.record.pool.query(
                "SELECT uncertain_at < clock_timestamp() - interval '79 seconds' FROM operations"
            ).scalar(as: Bool.self)
            #expect(kept)
        }
    }

    @Test("The highest key known is the greatest number, not the greatest text")
    func highestKey() async throws {
        try await withRecord { record in
            #expect(try await record.highestKeyNumber() == nil)
            let session = try await record.importSession(tickets: 3).id
            let tickets = try await record.exports.tickets(of: session, on: record.pool)
            try await record.pool.withTransaction { connection in
                for (ticket, number) in zip(tickets, [9, 10, 2]) {
                    let issue = ExportedIssue(id: "\(number)", key: "PROJ-\(number)", url: "https://x/\(number)")
                    try await record.exports.markExported(ticket.id, as: issue, on: connection)
                }
            }
            #expect(try await record.highestKeyNumber() == 10)
        }
    }
}

extension RecordFixture {
    fileprivate func highestKeyNumber() async throws -> Int64? {
        try await OperationStore.highestKeyNumber(inProject: "PROJ", of: integration.id, on: pool)
    }
}
