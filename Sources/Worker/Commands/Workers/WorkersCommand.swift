import ArgumentParser
import Console
import Delivery
import Foundation
import Settings
import TramlineModel

struct WorkersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Says who works.",
        subcommands: [WorkersListCommand.self]
    )
}

struct WorkersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the workers that Redis knows, with what is left of their leases.",
        discussion: """
            Needs REDIS_URL only. A living worker's lease is renewed every second, so what is left stays near \
            JOB_LEASE_SECONDS; one that has run out belongs to a dead worker, whose jobs go to others at once when another \
            one lives. One living worker is the scheduler.
            """
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let stats = try await CommandQueue.with(try QueueSettings()) { try await $0.stats() }
        if output.json {
            let workers = stats.workers.map { json($0, isScheduler: $0.worker == stats.leader) }
            print(JSONValue.members(["workers": .array(workers)]).text)
        } else if stats.workers.isEmpty {
            print("No worker lives. Start one: tramline-worker run")
        } else {
            let rows = stats.workers.map { cells($0, isScheduler: $0.worker == stats.leader) }
            print(TextTable(["WORKER", "LEASE", "JOBS", "ROLE", "SINCE", "VERSION"], rows).text(width: 100))
        }
    }

    private func cells(_ worker: DeliveryStats.Worker, isScheduler: Bool) -> [String] {
        [
            worker.worker.rawValue,
            worker.leaseLeft > .zero ? worker.leaseLeft.forTable : "ended",
            String(worker.held),
            isScheduler ? "scheduler" : "–",
            worker.facts?.startedAt.forTable ?? "–",
            worker.facts?.version ?? "–",
        ]
    }

    private func json(_ worker: DeliveryStats.Worker, isScheduler: Bool) -> JSONValue {
        .members([
            "worker": .text(worker.worker), "lease_left_seconds": .seconds(worker.leaseLeft),
            "jobs": .integer(worker.held), "scheduler": .bool(isScheduler),
            "host": worker.facts.map { .string($0.host) }, "pid": worker.facts.map { .integer($0.pid) },
            "version": worker.facts.map { .string($0.version) },
            "started_at": worker.facts.map { .time($0.startedAt) },
        ])
    }
}
