import ArgumentParser
import Console
import Delivery
import Foundation
import Record
import Redis
import TestEquipment
import Testing
import TramlineModel

@testable import Worker

@Suite("What an operator's commands take")
struct OperatorCommandLineTests {
    @Test(
        "The forms that scripts rely on",
        arguments: [
            ("run", "RunCommand"), ("check", "CheckCommand"), ("jobs list", "JobsListCommand"),
            (
                "jobs list --state failed --state quarantined --kind export --team acme --limit 5 --json",
                "JobsListCommand"
            ),
            ("jobs show 6f0d8e1c --json", "JobsShowCommand"),
            ("jobs show 6F0D8E1C-0B7A-4B60-9A51-1E6B7A1F0C3D --limit 100", "JobsShowCommand"),
            ("jobs cancel 6f0d8e1c 7f0d8e1c --json", "JobsCancelCommand"),
            ("queue stats --json", "QueueStatsCommand"), ("workers list --json", "WorkersListCommand"),
            ("queue pause --kind export --reason maintenance --by anna", "QueuePauseCommand"),
            ("queue resume --site acme.atlassian.net --json", "QueueResumeCommand"),
            ("check --repair --wait 1 --json", "CheckCommand"),
        ]
    )
    func forms(line: String, command: String) throws {
        let parsed = try TramlineWorker.parseAsRoot(line.split(separator: " ").map(String.init))
        #expect("\(type(of: parsed))" == command)
    }

    @Test(
        "A mistake is one line",
        arguments: [
            ("jobs list --state broken", "'broken'"), ("jobs list --limit 0", "--limit must be 1 to 1000"),
            ("jobs show 6f0", "'6f0'"), ("jobs show 6f0d8-e1c", "'6f0d8-e1c'"), ("jobs show xyzw", "'xyzw'"),
            ("queue fly", "'fly'"), ("queue pause --kind export --site a", "exclude each other"),
            ("queue pause --kind brew", "'brew'"), ("check --wait 0", "--wait must be 1 to 60"),
        ]
    )
    func mistakes(line: String, part: String) throws {
        let error = try #require(throws: (any Error).self) {
            try TramlineWorker.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        let text = try #require(FaultLine.text(of: error, by: TramlineWorker.self))
        #expect(text.contains(part) && !text.contains("\n"))
        #expect(!TramlineWorker.exitCode(for: error).isSuccess)
    }
}

@Suite("An operator's commands", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct OperatorCommandTests {
    private static let fault = Fault(
        category: .adminRequired,
        code: "jira_unauthenticated",
        userMessage: "Jira refused the token of acme.",
        recoveryActions: ["Add the integration again with a new token"]
    )

    @Test("jobs list shows what the filters allow, newest first, in lines that fit a terminal")
    func list() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("host-with-a-rather-long-name-12345-abcdef")
            let (_, failed) = try await fixture.startExport()
            try await fixture.settle(try await fixture.claim(failed.id, by: worker), as: .failed(Self.fault))
            let (_, running) = try await fixture.startExport()
            _ = try await fixture.claim(running.id, by: worker)
            let queued = try await fixture.enqueue(NewJob(kind: .notify, team: fixture.record.team))

            let all = try await fixture.commands.run("jobs", "list", "--json")
            #expect(all.status == 0, "\(all)")
            let jobs = try #require(try all.json["jobs"] as? [[String: Any]])
            #expect(jobs.map { $0["job_id"] as? String } == [queued, running, failed].map(\.id.description))
            #expect(jobs.map { $0["state"] as? String } == ["queued", "running", "failed"])
            #expect((jobs[2]["fault"] as? [String: Any])?["code"] as? String == "jira_unauthenticated")

            let table = try await fixture.commands.run("jobs", "list")
            let lines = table.output.split(separator: "\n")
            #expect(lines.count == 4 && lines.allSatisfy { $0.count <= 100 }, "\(table.output)")
            #expect(lines[3].contains("jira_unauthenticated") && lines[2].contains("on host-with-a"))

            let some = try await fixture.commands.run("jobs", "list", "--state", "failed", "--kind", "export")
            #expect(some.output.split(separator: "\n").count == 2)
            #expect(some.output.contains(failed.id.description.prefix(8)))
            let newest = try await fixture.commands.run("jobs", "list", "--limit", "1")
            #expect(
                newest.output.contains(queued.id.description.prefix(8)) && newest.output.contains("--limit shows more")
            )
            let none = try await fixture.commands.run("jobs", "list", "--team", "nobody")
            #expect(none.status == 0 && none.output == "There are no such jobs.\n")
        }
    }

    @Test("jobs show tells all: session, steps, requests without an issue, fault")
    func show() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            let (session, job) = try await fixture.startExport()
            let claim = try await fixture.claim(job.id, by: worker)
            let tickets = try await fixture.record.exports.tickets(of: session, on: fixture.record.pool)
            try await fixture.record.jobs.withFence(claim) { connection in
                try await fixture.record.jobs.recordStep(
                    "ticket",
                    of: claim,
                    subject: tickets[0].id,
                    outcome: "created",
                    on: connection
                )
                let operation = try await OperationStore.intend(tickets[1], by: claim, lowKeyNumber: 7, on: connection)
                try await OperationStore.markUncertain(
                    operation,
                    httpStatus: 502,
                    detail: "lost answer",
                    on: connection
                )
            }
            try await fixture.settle(claim, as: .failed(Self.fault))

            let shown = try await fixture.commands.run("jobs", "show", String(job.id.description.prefix(8)))
            #expect(shown.status == 0, "\(shown)")
            for part in [
                "Job \(job.id): export, failed", "acme at acme.atlassian.net", "\(session)", "0 of 2 tickets in Jira",
                "Jira refused the token of acme. (admin_required, jira_unauthenticated)", "• Add the integration again",
                "Steps done: 1 × ticket created", "Create requests: 1 uncertain", "502", "lost answer",
            ] { #expect(shown.output.contains(part), "\(part) in \(shown.output)") }

            let json = try await fixture.commands.run("jobs", "show", job.id.description, "--json").json
            #expect(json["state"] as? String == "failed" && json["epoch"] as? Int == 1)
            #expect((json["open_operations"] as? [[String: Any]])?.first?["http_status"] as? Int == 502)
            #expect((json["newest_steps"] as? [[String: Any]])?.first?["ticket"] as? String == "T1")
            #expect((json["session"] as? [String: Any])?["session_id"] as? String == session.description)

            let none = try await fixture.commands.run("jobs", "show", "00000000")
            #expect(none.status == 1 && none.errors == "tramline-worker: there is no job 00000000\n")
        }
    }

    @Test("jobs show names the ticket of a file, and both tickets of a link")
    func steps() async throws {
        try await OperatorFixture.run { fixture in
            var draft = RecordFixture.draft(tickets: 2)
            draft.tickets[1].dependsOn = ["T1"]
            draft.tickets[0].attachments = [.init(filename: "a", bytes: [1])]
            let (_, job) = try await fixture.startExport(draft)
            let claim = try await fixture.claim(job.id, by: try await fixture.makeWorker("one"))
            let session = try #require(job.session)
            let material = try #require(try await fixture.record.exports.load(session))
            try await fixture.record.jobs.withFence(claim) { connection in
                for (step, subject, outcome) in [
                    ("attachment", material.attachments[0].id.rawValue, "uploaded"),
                    ("link", material.dependencies[0].stepSubject, "linked"),
                ] {
                    try await fixture.record.jobs.recordStep(
                        step,
                        of: claim,
                        subject: subject,
                        outcome: outcome,
                        on: connection
                    )
                }
            }
            let shown = try await fixture.commands.run("jobs", "show", job.id.description)
            #expect(shown.output.contains("T2 blocked by T1"), "\(shown)")
            let json = try await fixture.commands.run("jobs", "show", job.id.description, "--json").json
            let steps = try #require(json["newest_steps"] as? [[String: Any]])
            let link = try #require(steps.first { $0["step"] as? String == "link" })
            #expect(link["ticket"] as? String == "T2" && link["blocked_by"] as? String == "T1")
            let file = try #require(steps.first { $0["step"] as? String == "attachment" })
            #expect(file["ticket"] as? String == "T1" && file["blocked_by"] is NSNull)
        }
    }

    @Test("A beginning that several jobs share names them all")
    func ambiguous() async throws {
        try await OperatorFixture.run { fixture in
            let ids = ["1", "2"].compactMap { JobID("abcdef00-0000-4000-8000-00000000000\($0)") }
            for id in ids {
                _ = try await fixture.record.insert(NewJob(id: id, kind: .notify, team: fixture.record.team))
            }
            let shown = try await fixture.commands.run("jobs", "show", "abcdef00")
            #expect(shown.status == 1 && ids.allSatisfy { shown.errors.contains($0.description) })
            #expect(try await fixture.commands.run("jobs", "show", ids[1].description).status == 0)
        }
    }

    @Test("queue stats counts both sides, and says when they disagree")
    func stats() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            _ = try await fixture.delivery.heartbeat(worker)
            let (_, running) = try await fixture.startExport()
            _ = try await fixture.claim(running.id, by: worker)
            _ = try await fixture.startExport()
            let site = SiteID(rawValue: "acme.atlassian.net")
            let waiters = (1...2).map { ticket in
                GateWaiter(
                    team: fixture.record.team,
                    job: running.id,
                    lease: worker,
                    priority: .person,
                    isSpaced: true,
                    ticket: UInt64(ticket)
                )
            }
            guard case .granted(let pass) = try await fixture.delivery.enterGate(site, as: waiters[0]) else {
                throw OperatorFixture.Unexpected()
            }
            _ = try await fixture.delivery.enterGate(site, as: waiters[1])

            let stats = try await fixture.commands.run("queue", "stats")
            #expect(stats.status == 0, "\(stats)")
            for part in [
                "1 ready, 0 delayed, 1 held", "2 live jobs: 1 export queued, 1 export running",
                "have the same number of jobs", "one is the scheduler", "acme.atlassian.net  1        0      yes",
            ] { #expect(stats.output.contains(part), "\(part) in \(stats.output)") }

            try await fixture.delivery.leaveGate(
                pass,
                startedAfter: .zero,
                roundTrip: .zero,
                closeFor: .seconds(300)
            )
            let json = try await fixture.commands.run("queue", "stats", "--json").json
            #expect(json["agrees"] as? Bool == true && json["runnable_sites"] as? Int == 1)
            let gate = try #require((json["sites"] as? [[String: Any]])?.first)
            #expect(gate["held_by"] is NSNull && gate["closed_for_seconds"] as? Double ?? 0 > 250)

            _ = try await fixture.record.insertJob()
            let differing = try await fixture.commands.run("queue", "stats")
            #expect(
                differing.output.contains("NO: PostgreSQL has 3 live jobs, Redis 2; tramline-worker check says more")
            )
        }
    }

    @Test("workers list shows who lives, who is the scheduler, and since when; it needs Redis alone")
    func workers() async throws {
        try await OperatorFixture.run { fixture in
            var commands = fixture.commands
            commands.environment["DATABASE_URL"] = nil
            #expect(try await commands.run("workers", "list").output.hasPrefix("No worker lives."))
            let one = try await fixture.makeWorker("one")
            _ = try await fixture.delivery.heartbeat(one)
            _ = try await fixture.makeWorker("two")
            _ = try await fixture.startExport()
            _ = try await fixture.delivery.claim(upTo: 1, worker: one.worker)
            let list = try await commands.run("workers", "list")
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 3, "\(list)")
            let line = try #require(lines.first { $0.hasPrefix("one") })
            #expect(line.contains("scheduler") && line.contains("1970-01-01 00:00:00Z") && line.contains("1.2.3"))
            let workers = try #require(
                try await commands.run("workers", "list", "--json").json["workers"] as? [[String: Any]]
            )
            let first = try #require(workers.first { $0["worker"] as? String == "one" })
            #expect(first["jobs"] as? Int == 1 && first["scheduler"] as? Bool == true && first["pid"] as? Int == 7)
            #expect(first["lease_left_seconds"] as? Double ?? 0 > 0)
        }
    }

    @Test("A missing variable is named, and a server that is away is told from a mistake")
    func settings() async throws {
        try await OperatorFixture.run { fixture in
            var commands = fixture.commands
            commands.environment["REDIS_URL"] = nil
            #expect(try await commands.run("jobs", "list").status == 0)
            let stats = try await commands.run("queue", "stats")
            #expect(stats.status == 1 && stats.errors.hasPrefix("tramline-worker: REDIS_URL is not set"))
            commands.environment["REDIS_URL"] = fixture.redis.url
            fixture.redis.kill()
            let away = try await commands.run("workers", "list")
            #expect(away.status == 1 && away.errors.hasPrefix("tramline-worker: Redis (REDIS_URL) does not answer"))
            #expect(away.errors.count { $0 == "\n" } == 1)
        }
    }
}

@Suite("Re-queuing by command", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(3)))
struct RequeueCommandTests {
    private static let fault = Fault(category: .temporary, code: "jira_away", userMessage: "Away.", recoveryActions: [])

    @Test("A failed export goes on: job, session and queue; a job that runs is refused, and says so by its status")
    func requeue() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            let (session, job) = try await fixture.startExport()
            let claim = try await fixture.claim(job.id, by: worker)
            try await fixture.record.jobs.withFence(claim) { connection in
                try await fixture.record.sessions.failExport(session, at: 1, fault: Self.fault, on: connection)
            }
            try await fixture.settle(claim, as: .failed(Self.fault))
            let (_, running) = try await fixture.startExport()
            _ = try await fixture.claim(running.id, by: worker)

            let outcome = try await fixture.commands.run("jobs", "requeue", "\(job.id)", "\(running.id)")
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.output.contains("\(job.id): queued again\n"))
            #expect(outcome.output.contains("\(running.id): refused. Job \(running.id) is running; only failed"))
            #expect(try await fixture.delivery.stats().ready == 1)
            let again = try #require(try await fixture.record.jobs.job(job.id))
            #expect(again.state == .queued && again.fault == nil && again.finishedAt == nil)
            let view = try #require(try await fixture.record.sessions.view(of: session, team: nil))
            #expect(view.session.status == .exporting && view.session.retryCount == 0)

            let repeated = try await fixture.commands.run("jobs", "requeue", "\(job.id)", "--json")
            #expect(repeated.status == 1 && repeated.output.contains("is queued; only failed"), "\(repeated)")
        }
    }

    @Test("Without Redis the job is queued in the record, and the command says who will find it")
    func withoutRedis() async throws {
        try await OperatorFixture.run { fixture in
            let worker = try await fixture.makeWorker("one")
            let job = try await fixture.enqueue(NewJob(kind: .notify, team: fixture.record.team))
            try await fixture.settle(try await fixture.claim(job.id, by: worker), as: .quarantined(Self.fault))
            fixture.redis.kill()
            let outcome = try await fixture.commands.run("jobs", "requeue", "\(job.id)")
            #expect(outcome.status == 0 && outcome.errors.contains("the scheduler will find it"), "\(outcome)")
            #expect(try await fixture.record.jobs.job(job.id)?.state == .queued)
        }
    }
}
