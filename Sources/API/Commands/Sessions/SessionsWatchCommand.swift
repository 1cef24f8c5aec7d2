import ArgumentParser
import Console
import Foundation
import Secrets
import TramlineModel

struct SessionsWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows a session's export to its end.",
        discussion: """
            On a terminal a bar with tickets, failures and the expected end; elsewhere a line for each step, or with \
            --json each message as it came. Ends with 0 when all tickets are in Jira, and otherwise with the reason. A broken connection is made again, and goes on where it broke.
            """
    )

    @Argument(help: "The session's id.")
    var id: SessionID

    @Option(help: ArgumentHelp("The API's address. Default: TRAMLINE_URL, or http://localhost:8000.", valueName: "url"))
    var url: String?

    @OptionGroup var key: KeyOptions

    @Flag(help: "Write each message as a line of JSON.")
    var json = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let base = url ?? environment["TRAMLINE_URL"] ?? "http://localhost:8000"
        let address = try ProgressAddress(url: base, session: id)
        let text = try CommandEnvironment.secret(in: key.keyEnv, is: "the API key")
        guard let key = APIKey(parsing: text.reveal()) else {
            throw CommandFault("\(key.keyEnv) holds no API key; a key looks like trk_1aB2cD3e_… (43 more characters)")
        }
        let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
        var watcher = Watcher(
            address: address,
            key: key.text,
            display: WatchDisplay(columns: Self.columns, isUnicode: locale.uppercased().contains("UTF")),
            showsMessages: json
        ) { FileHandle.standardOutput.write(Data($0.utf8)) }
        try await watcher.run()
    }

    /// The terminal's width; `nil` where standard output is none.
    private static func columns() -> Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }
}
