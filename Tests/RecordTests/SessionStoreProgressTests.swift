import Postgres
import TestEquipment
import Testing
import TramlineModel

@testable import Record

@Suite("Progress of a session", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct SessionStoreProgressTests {
    @Test("Messages that many append at once have numbers without gaps, which become visible in their order")
    func order() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let job = JobID()
            let seen = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        _ = try await record.pool.withTransaction { connection in
                            try await record.append(to: session, job: job, on: connection)
                        }
                    }
                }
                // A reader that asks for what comes after the last one it saw misses none, whatever the writers do.
                var seen: [Int64] = []
                while seen.count < 40 {
                    seen += try await record.sessions.messages(of: session, after: seen.last ?? 0, limit: 7)
                        .map(\.sequence)
                }
                try await group.waitForAll()
                return seen
            }
            #expect(seen == Array(1...40))
            #expect(try await record.sessions.load(session, on: record.pool)?.progressSequence == 40)
        }
    }

    @Test("A message goes with the step that it tells of")
    func rollback() async throws {
        struct Stop: Error {}
        try await withRecord { record in
            let session = try await record.importSession().id
            await #expect(throws: Stop.self) {
                try await record.pool.withTransaction { connection in
                    _ = try await record.append(to: session, job: JobID(), on: connection)
                    throw Stop()
                }
            }
            #expect(try await record.sessions.messages(of: session, after: 0, limit: 10).isEmpty)
            let next = try await record.pool.withTransaction { connection in
                try await record.append(to: session, job: JobID(), on: connection)
            }
            #expect(next == 1)
        }
    }

    @Test("The newest thousand messages are kept")
    func trimming() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            try await record.pool.withTransaction { connection in
                for _ in 0..<1100 { _ = try await record.append(to: session, job: JobID(), on: connection) }
            }
            let kept = try await record.sessions.messages(of: session, after: 0, limit: 2000).map(\.sequence)
            #expect(kept == Array(101...1100))
        }
    }

    @Test("Only the last message is an end")
    func end() async throws {
        try await withRecord { record in
            let session = try await record.importSession().id
            let fault = Fault(category: .temporary, code: "x", userMessage: "It is \"broken\".", recoveryActions: [])
            try await record.pool.withTransaction { connection in
                _ = try await record.append(to: session, job: JobID(), on: connection)
                _ = try await record.sessions.appendMessage(to: session, job: JobID(), on: connection) { sequence in
                    .failed(
                        .init(
                            sequence: sequence,
                            session: session,
                            task: JobID(),
                            failedAtTicket: 1,
                            fault: fault,
                            retryAvailable: true
                        )
                    )
                }
            }
            let messages = try await record.sessions.messages(of: session, after: 0, limit: 10)
            #expect(messages.map(\.isEnd) == [false, true])
            #expect(messages[1].json.contains(#"It is \"broken\"."#))
        }
    }

    @Test("What is done is counted from the rows: tickets, files, links and manual fixes")
    func counts() async throws {
        try await withRecord { record in
            var draft = RecordFixture.draft(tickets: 3)
            draft.tickets[2].dependsOn = ["T1", "T2"]
            draft.tickets[0].attachments = [.init(filename: "a", bytes: [1]), .init(filename: "b", bytes: [2])]
            let session = try await record.importSession(draft).id
            let material = try #require(try await record.exports.load(session))
            var counts = try await record.sessions.counts(of: session, on: record.pool)
            #expect(counts.totalTickets == 3 && counts.totalAttachments == 2 && counts.totalLinks == 2)
            #expect(counts.remainingWrites == 7 && counts.percentage == 0)
            #expect(counts.nextTicketOrder == 1 && counts.nextTicketTitle == "Ticket 1")
            try await record.pool.withTransaction { connection in
                let exports = record.exports
                for (index, ticket) in material.tickets.dropLast().enumerated() {
                    let issue = ExportedIssue(id: "\(index)", key: "PROJ-\(index)", url: "https://x/\(index)")
                    try await exports.markExported(ticket.id, as: issue, on: connection)
                }
                try await exports.markUploaded(material.attachments[0].id, as: "1", on: connection)
                try await exports.markRefused(material.attachments[1].id, on: connection)
                try await exports.markLink(material.dependencies[0], refused: false, on: connection)
                try await exports.markLink(material.dependencies[1], refused: true, on: connection)
                let fix = ManualFix(
                    ticket: material.tickets[0].id,
                    issueType: "attachment_refused",
                    subject: "b",
                    reason: "too large",
                    recommendedAction: "attach it"
                )
                // A step that is run again records its fix once.
                for _ in 0..<2 { try await exports.recordFix(fix, session: session, on: connection) }
                // What an issue will lack is no matter of anybody's before it is there.
                var early = fix
                early.ticket = material.tickets[2].id
                try await exports.recordFix(early, session: session, on: connection)
            }
            counts = try await record.sessions.counts(of: session, on: record.pool)
            #expect(counts.exportedTickets == 2 && counts.settledAttachments == 2)
            #expect(counts.linkedLinks == 1 && counts.settledLinks == 2 && counts.manualFixes == 1)
            #expect(counts.nextTicketOrder == 3 && counts.remainingWrites == 1 && counts.percentage == 85.7)
            #expect(try await record.exports.fixes(of: session).map(\.issue.key) == ["PROJ-0"])
            let summary = try #require(try await record.sessions.summaries(team: record.team, limit: 1).first)
            #expect(summary.manualFixes == 1)
        }
    }

    @Test("The work goes on at the first ticket that is not in Jira, then at the first that lacks a file or a link")
    func resumingTicket() async throws {
        try await withRecord { record in
            var draft = RecordFixture.draft(tickets: 4)
            draft.tickets[2].dependsOn = ["T1"]
            draft.tickets[1].attachments = [.init(filename: "a", bytes: [1])]
            let session = try await record.importSession(draft).id
            let material = try #require(try await record.exports.load(session))
            func resuming() async throws -> Int {
                try await record.sessions.counts(of: session, on: record.pool).resumingTicketOrder
            }
            try await ExportStandIn(pool: record.pool).createIssues(3, of: session)
            #expect(try await resuming() == 4)
            try await ExportStandIn(pool: record.pool).createIssues(4, of: session)
            #expect(try await resuming() == 2)
            try await record.pool.withTransaction { connection in
                try await record.exports.markUploaded(material.attachments[0].id, as: "1", on: connection)
            }
            #expect(try await resuming() == 3)
            try await record.pool.withTransaction { connection in
                try await record.exports.markLink(material.dependencies[0], refused: true, on: connection)
            }
            #expect(try await resuming() == 4)
        }
    }
}

extension RecordFixture {
    fileprivate func append(
        to session: SessionID,
        job: JobID,
        on connection: PostgresConnection
    ) async throws -> Int64 {
        let counts = try await sessions.counts(of: session, on: connection)
        return try await sessions.appendMessage(to: session, job: job, on: connection) { sequence in
            .progress(
                .init(
                    sequence: sequence,
                    session: session,
                    task: job,
                    counts: counts,
                    project: "PROJ",
                    spacing: .seconds(1)
                )
            )
        }
    }
}
