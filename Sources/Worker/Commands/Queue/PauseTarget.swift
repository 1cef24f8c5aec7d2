import ArgumentParser
import Console
import Delivery
import Foundation
import Postgres
import Record
import Settings
import TramlineModel

/// What is to be paused or resumed: one kind, one site, or without either the whole queue.
struct PauseTarget: ParsableArguments {
    @Option(help: "Only jobs of this kind.")
    var kind: JobKind?

    @Option(help: "Only this site: its host as queue stats names it, or its address.")
    var site: String?

    func validate() throws {
        if kind != nil, site != nil { throw ValidationError("--kind and --site exclude each other") }
    }

    /// - Throws: ``CommandFault`` for a site that nobody has an integration for, naming those that there are.
    func scope(_ pool: PostgresPool) async throws -> PauseScope {
        if let kind { return .kind(kind) }
        guard let site else { return .queue }
        let paused = try await PauseStore(pool: pool).current().map(\.scope)
        // Also one whose last integration was removed while it was paused.
        let known = try await IntegrationStore(pool: pool).gates() + paused.compactMap(\.site)
        let meant = [SiteID(rawValue: site), SiteID(address: site)].compactMap { $0 }
        if let gate = known.first(where: meant.contains) { return .site(gate) }
        let names = known.isEmpty ? "none" : known.map(\.rawValue).joined(separator: ", ")
        throw CommandFault("no integration is for the site \(site); there are: \(names)")
    }
}

/// Who gives a command.
struct OperatorName: ParsableArguments {
    @Option(name: .customLong("by"), help: "Who does it, as the record keeps it; the user of this shell if not given.")
    var name: String?

    func validate() throws {
        if let name, !(1...100).contains(name.count) { throw ValidationError("--by is 1 to 100 characters") }
    }

    var text: String {
        if let name { return name }
        let environment = ProcessInfo.processInfo.environment
        let user = ["SUDO_USER", "USER", "LOGNAME"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return String("\(user ?? "operator")@\(ProcessInfo.processInfo.hostName)".prefix(100))
    }
}

/// Puts a list of pauses into force, after the record has it.
enum PauseDelivery {
    /// - Returns: What to tell the person where Redis did not take it.
    static func enforce(_ list: PauseList, on queue: QueueSettings?) async -> String? {
        guard let queue else { return "REDIS_URL is not set: the scheduler puts it into force within seconds." }
        do {
            _ = try await CommandQueue.with(queue) { try await $0.setPauses(list) }
            return nil
        } catch {
            return "Redis does not answer: it is in force as soon as Redis is back, before anything else happens there."
        }
    }
}
