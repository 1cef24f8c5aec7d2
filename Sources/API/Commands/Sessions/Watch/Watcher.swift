import Console
import Foundation
import Secrets
import TramlineModel

/// Follows a session's export to its end, over as many connections as that takes.
struct Watcher {
    /// How long the API may be out of reach before the watch is given up.
    private static let patience = Duration.seconds(60)

    private let connection: ProgressConnection
    private var display: WatchDisplay
    private let showsMessages: Bool
    private let write: (String) -> Void

    private var lastSequence: Int64?
    private var end: WatchedMessage?

    /// - Parameters:
    ///   - showsMessages: whether to write each message as it came, a line each, instead of the display.
    ///   - write: takes text for standard output.
    init(
        address: ProgressAddress,
        key: Secret<String>,
        display: WatchDisplay,
        showsMessages: Bool,
        write: @escaping (String) -> Void
    ) {
        connection = ProgressConnection(address: address, key: key)
        self.display = display
        self.showsMessages = showsMessages
        self.write = write
    }

    /// Watches until the export has ended.
    /// - Throws: `CommandFault` with the reason when the export failed, or could not be watched.
    mutating func run() async throws {
        let clock = ContinuousClock()
        var lastContact = clock.now
        var attempts = 0
        while true {
            var heard = false
            var reason = "the connection was closed"
            do {
                try await connection.run(after: lastSequence) { text in
                    heard = true
                    return receive(text)
                }
            } catch ProgressConnectionError.refused(let status, let body) {
                guard status == 429 || status >= 500 else { throw Self.fault(status: status, body: body) }
                reason = "the API answered \(status)"
            } catch ProgressConnectionError.lost(let why) {
                reason = why
            }
            if let end { return try finish(end) }
            if heard {
                lastContact = clock.now
                attempts = 0
            }
            guard clock.now - lastContact < Self.patience else {
                throw CommandFault("the API at \(connection.address.authority) cannot be reached: \(reason)")
            }
            if attempts == 0, !showsMessages { write(display.note("Not connected (\(reason)); trying again.")) }
            attempts += 1
            // 0.25 s, 0.5 s, 1 s … 4 s, and a little less or more, so that many watchers do not come back as one.
            let wait = 0.25 * Double(1 << min(attempts - 1, 4)) * Double.random(in: 0.7...1.3)
            try await Task.sleep(for: .seconds(wait))
        }
    }

    /// Takes a message; answers whether more are wanted.
    private mutating func receive(_ text: Data) -> Bool {
        guard let (message, sequence) = WatchedMessage.read(text) else { return true }
        // Nothing is shown twice, even if the API should send it twice.
        if let sequence, let lastSequence, sequence <= lastSequence, message != .other {
            guard case .progress = message else { return settle(message, text) }
            return true
        }
        if let sequence { lastSequence = max(sequence, lastSequence ?? 0) }
        return settle(message, text)
    }

    private mutating func settle(_ message: WatchedMessage, _ text: Data) -> Bool {
        if showsMessages { write(String(decoding: text, as: UTF8.self) + "\n") }
        switch message {
        case .progress(let progress):
            if !showsMessages { write(display.show(progress)) }
            return true
        case .complete, .failed:
            end = message
            return false
        case .other:
            return true
        }
    }

    private mutating func finish(_ end: WatchedMessage) throws {
        if !showsMessages { write(display.finish()) }
        switch end {
        case .complete(let created, let dependencies, let fixes, let minutes):
            guard !showsMessages else { return }
            let time = minutes < 1 ? "\(Int((minutes * 60).rounded())) s" : String(format: "%.1f min", minutes)
            let mend = fixes == 0 ? "" : "; \(fixes) to mend by hand (sessions show)"
            write("Exported \(created) tickets and \(dependencies) links in \(time)\(mend).\n")
        case .failed(let failure):
            throw CommandFault(words(for: failure))
        case .progress, .other:
            preconditionFailure("an export ends with a message of its end")
        }
    }

    private func words(for failure: WatchedMessage.Failure) -> String {
        let session = connection.address.session
        if failure.isCancelled { return "the export was cancelled; sessions retry \(session) goes on with it" }
        let place = failure.ticket.map { " at ticket \($0)" } ?? ""
        let advice =
            failure.isRetryAvailable
            ? "sessions show \(session) says what to do, then sessions retry goes on with it"
            : "no retries are left, sessions show \(session) says what to do"
        return "the export failed\(place): \(TextTable.printable(failure.reason)) (\(failure.category)); \(advice)"
    }

    /// What the API says when it refuses: its own words where it has some.
    private static func fault(status: Int, body: Data) -> CommandFault {
        var words = "the API answered \(status)"
        // Losing the parser's word is right: what is no JSON has no words for us, and the status is told in any case.
        if case .object(let members)? = try? JSONValue(parsing: body, depth: 20),
            case .object(let error)? = members.first(where: { $0.name == "error" })?.value,
            case .string(let text)? = error.first(where: { $0.name == "user_message" })?.value
        {
            words = "\(TextTable.printable(text)) (\(status))"
        }
        return CommandFault(words)
    }
}
