internal import Foundation

/// What a process uses of its machine, under the names that Prometheus's own clients give it. Linux only; elsewhere nothing
/// is told.
package struct ProcessFigures: Sendable, Equatable {
    /// Memory in use, bytes.
    package let resident: Int
    package let openFiles: Int
    package let threads: Int

    /// - Returns: `nil` where the system does not tell.
    package static func now() -> ProcessFigures? {
        // A file that is not there is a system that does not tell: there is nothing else to do about it.
        guard let statistics = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return nil }
        func number(_ name: String) -> Int? {
            statistics.split(separator: "\n").first { $0.hasPrefix("\(name):") }?
                .split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
        }
        guard let kibibytes = number("VmRSS"), let threads = number("Threads") else { return nil }
        // One of them is the look itself.
        return ProcessFigures(resident: kibibytes * 1024, openFiles: files.count - 1, threads: threads)
    }

    package func write(to text: inout PrometheusText) {
        text.begin("process_resident_memory_bytes", .gauge, "Memory in use, bytes.")
        text.sample(Double(resident))
        text.begin("process_open_fds", .gauge, "Open file descriptors.")
        text.sample(Double(openFiles))
        text.begin("process_threads", .gauge, "Threads of the system.")
        text.sample(Double(threads))
    }
}
