import Foundation
import JiraSimulator
import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("Between Jira's answer and the record", .tags(.postgres, .redis), .postgres, .timeLimit(.minutes(2)))
struct BoundaryTests {
    /// Has the first updates of a ticket to `exported` fail.
    /// - Parameter state: the SQLSTATE that they fail with.
    private func refuseUpdates(_ count: Int, state: String, in pool: PostgresPool) async throws {
        try await pool.execute("CREATE SEQUENCE refusals")
        // Parameters cannot stand in a function's body; both are the test's own.
        let body = """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                -- A sequence does not roll back with its transaction.
                IF nextval('refusals') <= \(count) THEN RAISE EXCEPTION 'not now' USING ERRCODE = '\(state)'; END IF;
                RETURN NEW;
            END $$
            """
        try await pool.execute(PostgresQuery(unescaped: body))
        try await pool.execute(
            """
            CREATE TRIGGER refuse BEFORE UPDATE ON tickets FOR EACH ROW WHEN (NEW.jira_export_status = 'exported')
            EXECUTE FUNCTION refuse()
            """
        )
    }

    @Test("A record that is away for a moment after Jira's 201 gets what Jira said, by the same run")
    func shortAbsence() async throws {
        try await ExportFixture.run { fixture in
            try await refuseUpdates(2, state: "57P03", in: fixture.pool)
            let (team, session) = try await fixture.importSession((1...2).map { .make($0) })
            _ = try await fixture.export(session, team: team)
            #expect(try await fixture.operations() == ["created", "created"])
            #expect(fixture.creates.count == 2)
        }
    }

    @Test("What the record did not take after Jira's 201 is adopted by the next run")
    func refusedCommit() async throws {
        try await ExportFixture.run { fixture in
            try await refuseUpdates(1, state: "P0001", in: fixture.pool)
            let (team, session) = try await fixture.importSession((1...2).map { .make($0) })
            _ = try await fixture.export(session, team: team)
            #expect(try await fixture.operations() == ["adopted", "created"])
            #expect(fixture.creates.count == 2)
        }
    }

    @Test("A run that is cut off during its request leaves an intention, and the next one adopts what it made")
    func cutOff() async throws {
        try await ExportFixture.run { fixture in
            fixture.jira.add(.creating(.latency(milliseconds: 4000), title: "Ticket 2", limit: 1))
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            await #expect(throws: CancellationError.self) {
                try await fixture.withWorkers([fixture.makeRunner("first")]) { _ in
                    try await fixture.start(session, team: team)
                    // Executed, and not answered yet.
                    try await fixture.jira.journal { $0.contains { $0.title == "Ticket 2" && $0.issueKey != nil } }
                    throw CancellationError()
                }
            }
            #expect(try await fixture.operations() == ["created", "intended"])
            _ = try await fixture.withWorkers([fixture.makeRunner("second")]) { _ in
                try await fixture.messages(of: session)
            }
            #expect(try await fixture.operations() == ["created", "adopted", "created"])
            #expect(fixture.jira.issues().map(\.summary) == ["Ticket 1", "Ticket 2", "Ticket 3"])
        }
    }

    @Test("A run that is cut off with Jira's 201 in its hands still writes it down")
    func answered() async throws {
        try await ExportFixture.run { fixture in
            let (team, session) = try await fixture.importSession((1...3).map { .make($0) })
            // The second ticket's commit takes long enough for its run to be cut off meanwhile.
            try await fixture.pool.execute(
                """
                CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$
                """
            )
            try await fixture.pool.execute(
                """
                CREATE TRIGGER delay BEFORE UPDATE ON tickets FOR EACH ROW
                WHEN (NEW.jira_export_status = 'exported' AND NEW.export_order = 2) EXECUTE FUNCTION delay()
                """
            )
            await #expect(throws: CancellationError.self) {
                try await fixture.withWorkers([fixture.makeRunner("first")]) { _ in
                    try await fixture.start(session, team: team)
                    // The answer has been read: the commit has begun and is held up.
                    try await fixture.untilCommitSleeps()
                    throw CancellationError()
                }
            }
            #expect(try await fixture.operations() == ["created", "created"])
            _ = try await fixture.withWorkers([fixture.makeRunner("second")]) { _ in
                try await fixture.messages(of: session)
            }
            #expect(try await fixture.operations() == ["created", "created", "created"])
            #expect(fixture.creates.count == 3)
        }
    }
}

extension ExportFixture {
    /// Waits until a commit is held up by the trigger.
    fileprivate func untilCommitSleeps() async throws {
        let probe: PostgresQuery = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'
            """
        while try await pool.query(probe).scalar(as: Int.self) == 0 { await Task.yield() }
    }
}
