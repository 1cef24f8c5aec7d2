import ArgumentParser
import Console
import Record
import Settings
import TramlineModel

struct QueuePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Holds up everything, one site or one kind of jobs, until it is resumed.",
        discussion: """
            Without an option the whole queue stands still. Nothing is lost, nothing fails and no attempt is used: what is \
            ready keeps its place, what runs ends the step that it is at and is handed back, and who waits at a paused \
            site's gate goes on waiting. New exports are accepted and wait.

            It holds through restarts of everything, and through the loss of Redis's data. queue stats shows what is paused, \
            by whom and why. Needs DATABASE_URL; without REDIS_URL it takes some seconds to come into force.
            """
    )

    @OptionGroup var target: PauseTarget

    @Option(help: "Why, for whoever wonders later; up to 500 characters.")
    var reason = ""

    @OptionGroup var person: OperatorName

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard reason.count <= 500 else { throw ValidationError("--reason is at most 500 characters") }
    }

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: false)
        let (scope, list, isNew) = try await CommandRecord.with(settings.record) { pool in
            let scope = try await target.scope(pool)
            let (list, isNew) = try await PauseStore(pool: pool).pause(scope, by: person.text, reason: reason)
            return (scope, list, isNew)
        }
        let notice = await PauseDelivery.enforce(list, on: settings.queue)
        if output.json {
            print(
                JSONValue.members([
                    "scope": .text(scope), "paused": .bool(true), "changed": .bool(isNew),
                    "notice": notice.map(JSONValue.string),
                ]).text
            )
        } else {
            print(isNew ? "Paused: \(scope)." : "Paused before, and still: \(scope).")
            if let notice { print(notice) }
        }
    }
}

struct QueueResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Lets go on what queue pause has held up.",
        discussion: """
            Name the same as when it was paused; without an option it is the pause of the whole queue, and pauses of sites \
            and kinds stay. Everything goes on at once, each job from its old place.
            """
    )

    @OptionGroup var target: PauseTarget

    @OptionGroup var person: OperatorName

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try OperatorSettings(queueIsRequired: false)
        let (scope, list, wasPaused) = try await CommandRecord.with(settings.record) { pool in
            let scope = try await target.scope(pool)
            let (list, wasPaused) = try await PauseStore(pool: pool).resume(scope, by: person.text)
            return (scope, list, wasPaused)
        }
        let notice = await PauseDelivery.enforce(list, on: settings.queue)
        let rest = list.scopes.inOrder.map { "\($0)" }
        if output.json {
            print(
                JSONValue.members([
                    "scope": .text(scope), "paused": .bool(false), "changed": .bool(wasPaused),
                    "still_paused": .array(rest.map(JSONValue.string)), "notice": notice.map(JSONValue.string),
                ]).text
            )
        } else {
            print(wasPaused ? "Resumed: \(scope)." : "It was not paused: \(scope).")
            if !rest.isEmpty { print("Still paused: \(rest.joined(separator: ", ")).") }
            if let notice { print(notice) }
        }
    }
}
