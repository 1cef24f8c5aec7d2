import Console
import Delivery
import Foundation
import Postgres
import Record
import TramlineModel

/// The queue as `queue stats` tells it.
struct QueueView: Sendable {
    let stats: DeliveryStats
    let live: [JobCount]
    let pauses: [Pause]
    /// When it was looked at, by this machine's clock.
    let lookedAt: Date
    let spacing: Duration

    /// How many live jobs the record has.
    var recorded: Int { live.reduce(0) { $0 + $1.count } }
    var agrees: Bool { recorded == stats.known }

    /// Looks at both sides. They are read one after the other, so a busy queue is looked at again before it is said to
    /// disagree.
    static func look(_ pool: PostgresPool, _ delivery: Delivery) async throws -> QueueView {
        var view: QueueView
        var looks = 0
        repeat {
            looks += 1
            if looks > 1 { await Doorbell().sleep(until: .now + .milliseconds(200)) }
            view = QueueView(
                stats: try await delivery.stats(),
                live: try await JobStore(pool: pool).liveCounts(),
                pauses: try await PauseStore(pool: pool).current(),
                lookedAt: Date(),
                spacing: delivery.spacing
            )
        } while !view.agrees && looks < 4
        return view
    }

    // MARK: For people

    var text: String {
        var lines = [
            "Queue           \(stats.ready) ready, \(stats.delayed) delayed, \(stats.held) held by workers"
                + (stats.aside > 0 ? ", \(stats.aside) put aside for a pause" : ""),
            "Record          \(recorded) live jobs\(live.isEmpty ? "" : ": \(kinds)")",
            "Agreement       \(agreement)",
            "Workers         \(workers)",
            "Runnable sites  \(stats.runnableSites)",
        ]
        lines += pauses.map { "PAUSED          \(text(of: $0))" }
        if Set(pauses.map(\.scope)) != stats.paused {
            lines.append("Redis does not hold up what the record says; the scheduler sees to it within seconds.")
        }
        if !stats.hasGeneration {
            lines.append(
                "Redis has lost its data, and no worker has begun anew yet: nothing is claimed until one does."
            )
        }
        let gates = stats.gates.filter { $0.isRunnable || $0.closedFor > .zero || isPaused($0) }
        if !gates.isEmpty { lines += ["", table(of: gates)] }
        return lines.joined(separator: "\n")
    }

    private var kinds: String {
        live.map { "\($0.count) \($0.kind.rawValue) \($0.state.rawValue)" }.joined(separator: ", ")
    }

    private func text(of pause: Pause) -> String {
        let since = Duration.seconds(lookedAt.timeIntervalSince(pause.pausedAt)).forTable
        let reason = pause.reason.isEmpty ? "" : ": \(pause.reason)"
        return TextTable.printable(
            "\(pause.scope), by \(pause.pausedBy) at \(pause.pausedAt.forTable) (\(since) ago)\(reason)"
        )
    }

    private var agreement: String {
        agrees
            ? "Redis and PostgreSQL have the same number of jobs"
            : "NO: PostgreSQL has \(recorded) live jobs, Redis \(stats.known); tramline-worker check says more"
    }

    private var workers: String {
        let living = stats.workers.filter { $0.leaseLeft > .zero }
        guard !living.isEmpty else { return "NONE: start one with tramline-worker run" }
        let leader = stats.leader.flatMap { leader in living.first { $0.worker == leader } }
        return
            "\(living.count), \(leader.map { "\($0.worker) is the scheduler" } ?? "none of them is the scheduler yet")"
    }

    private func isPaused(_ gate: DeliveryStats.Gate) -> Bool { stats.paused.contains(.site(gate.site)) }

    private func table(of gates: [DeliveryStats.Gate]) -> String {
        let rows = gates.sorted { $0.site.rawValue < $1.site.rawValue }.map { gate in
            [
                TextTable.short(gate.site.rawValue, 40), String(gate.spacedWaiting), String(gate.unspacedWaiting),
                gate.isHeld ? "yes" : "no", gate.nextIn.forTable,
                isPaused(gate) ? "paused" : gate.closedFor > .zero ? gate.closedFor.forTable : "–", spacing.forTable,
            ]
        }
        return TextTable(["SITE", "WAITING", "READS", "IN FLIGHT", "NEXT IN", "CLOSED FOR", "SPACING"], rows).text
    }

    // MARK: For machines

    var json: JSONValue {
        .members([
            "ready": .integer(stats.ready), "delayed": .integer(stats.delayed), "held": .integer(stats.held),
            "aside": .integer(stats.aside),
            "pauses": .array(
                pauses.map { pause in
                    .members([
                        "scope": .text(pause.scope), "paused_at": .time(pause.pausedAt),
                        "paused_by": .string(pause.pausedBy), "reason": .string(pause.reason),
                        "in_force": .bool(stats.paused.contains(pause.scope)),
                    ])
                }
            ),
            "live": .array(
                live.map { count in
                    .members([
                        "kind": .string(count.kind.rawValue), "state": .string(count.state.rawValue),
                        "count": .integer(count.count),
                    ])
                }
            ),
            "agrees": .bool(agrees), "remembers": .bool(stats.hasGeneration),
            "workers": .integer(stats.workers.count { $0.leaseLeft > .zero }),
            "scheduler": stats.leader.map(JSONValue.text), "runnable_sites": .integer(stats.runnableSites),
            "spacing_seconds": .seconds(spacing), "sites": .array(stats.gates.map(Self.json)),
        ])
    }

    private static func json(_ gate: DeliveryStats.Gate) -> JSONValue {
        .members([
            "site": .text(gate.site), "waiting": .integer(gate.spacedWaiting), "reads": .integer(gate.unspacedWaiting),
            "held_by": gate.holder.map(JSONValue.text), "next_in_seconds": .seconds(gate.nextIn),
            "closed_for_seconds": .seconds(gate.closedFor),
        ])
    }
}
