import Foundation
import Synchronization

/// How a process ended.
enum ProcessEnd: Sendable, Equatable {
    case exit(Int32)
    case signal(Int32)
}

/// One executable of ours, running, with all that it has said.
final class FleetProcess: Sendable {
    private struct Output {
        var lines: [String] = []
        var rest: [UInt8] = []
        var waiters: [(text: String, promise: Promise<String>)] = []
        var listeners: [(text: String, body: @Sendable (String) -> Void)] = []
    }

    let name: String
    let pid: Int32
    private let process: Mutex<Process>
    private let output: OutputBox
    private let end: Promise<ProcessEnd>

    /// What both the process and its pipe's reader hold.
    private final class OutputBox: Sendable {
        let state = Mutex(Output())
        /// Fulfilled when the process has closed its output.
        let closed = Promise<Bool>()

        func append(_ data: Data) {
            guard !data.isEmpty else { return closed.fulfil(true) }
            let (ready, heard) = state.withLock { output in
                output.rest += data
                var ready: [(Promise<String>, String)] = []
                var heard: [(body: @Sendable (String) -> Void, line: String)] = []
                while let newline = output.rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: output.rest[..<newline], as: UTF8.self)
                    output.rest.removeSubrange(...newline)
                    output.lines.append(line)
                    for waiter in output.waiters where line.contains(waiter.text) {
                        ready.append((waiter.promise, line))
                    }
                    heard += output.listeners.filter { line.contains($0.text) }.map { ($0.body, line) }
                }
                return (ready, heard)
            }
            for (promise, line) in ready { promise.fulfil(line) }
            for (body, line) in heard { body(line) }
        }
    }

    /// Starts an executable; it gets these variables and no others but `PATH`.
    init(_ name: String, _ executable: URL, _ arguments: [String], environment: [String: String]) throws {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"]) {
            own,
            _ in own
        }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let output = OutputBox()
        let end = Promise<ProcessEnd>()
        process.terminationHandler = { process in
            end.fulfil(
                process.terminationReason == .exit
                    ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
            )
        }
        try process.run()
        // A thread of its own: dispatch's sources on pipes have been seen to crash when many come and go.
        Thread.detachNewThread {
            while true {
                let data = pipe.fileHandleForReading.availableData
                output.append(data)
                if data.isEmpty { return }
            }
        }
        self.name = name
        self.pid = process.processIdentifier
        self.process = Mutex(process)
        self.output = output
        self.end = end
    }

    deinit { signal(SIGKILL) }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        guard end.current == nil else { return }
        process.withLock { process in
            // Our child, and not waited for while it is running: the number is still its own.
            if process.isRunning { _ = kill(process.processIdentifier, number) }
        }
    }

    /// Waits until a signal has stopped it, or it has ended.
    ///
    /// What it says before it stops comes earlier: a `SIGCONT` that is sent then may come too early, and be lost.
    func stopped() async {
        let pid = pid
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // A thread of its own: the call blocks, and ends with the process at the latest.
            Thread {
                var information = siginfo_t()
                // Looks only: whoever started the process waits for its end.
                waitid(P_PID, id_t(pid), &information, WSTOPPED | WEXITED | WNOWAIT)
                continuation.resume()
            }.start()
        }
    }

    /// Whether it has not ended.
    var isRunning: Bool { end.current == nil }

    /// Waits for its end.
    func ended() async throws -> ProcessEnd { try await end.value() }

    /// Waits for its end, and for the last that it says.
    func finished() async throws -> (end: ProcessEnd, output: String) {
        let end = try await end.value()
        _ = try await output.closed.value()
        return (end, log)
    }

    /// Waits until it has said something, or has ended.
    @discardableResult
    func line(containing text: String) async throws -> String {
        let promise = Promise<String>()
        let known = output.state.withLock { output in
            output.waiters.append((text, promise))
            return output.lines.first { $0.contains(text) }
        }
        if let known { return known }
        return try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await promise.value() }
            group.addTask { [end, name] in
                let end = try await end.value()
                throw FleetFault("\(name) ended (\(end)) and never said \"\(text)\"")
            }
            defer { group.cancelAll() }
            guard let line = try await group.next() else { throw CancellationError() }
            return line
        }
    }

    /// The most memory that it has had at once, in bytes.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw FleetFault("the kernel does not tell the memory of \(name)")
        }
        return kilobytes << 10
    }

    /// Calls with every further line that holds this text.
    func onLine(containing text: String, _ body: @escaping @Sendable (String) -> Void) {
        output.state.withLock { $0.listeners.append((text, body)) }
    }

    /// All that it has said so far.
    var log: String {
        output.state.withLock { ($0.lines + [String(decoding: $0.rest, as: UTF8.self)]).joined(separator: "\n") }
    }
}

/// Why a fleet could not do what the test asked.
struct FleetFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
