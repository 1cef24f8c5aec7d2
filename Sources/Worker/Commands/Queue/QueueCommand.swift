import ArgumentParser

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Says what waits and where.",
        subcommands: [QueueStatsCommand.self]
    )
}
