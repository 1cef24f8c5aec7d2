import ArgumentParser

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Says what waits and where, holds it up and lets it go on.",
        subcommands: [QueueStatsCommand.self, QueuePauseCommand.self, QueueResumeCommand.self]
    )
}
