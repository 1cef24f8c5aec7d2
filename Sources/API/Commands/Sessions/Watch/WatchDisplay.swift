import Console
import Foundation

/// Turns messages into what stands on the screen: one bar that moves, or, where nobody looks at a terminal, a line for each
/// change. Pure: it gives the text to write.
struct WatchDisplay {
    private let columns: Int?
    private let isUnicode: Bool
    private var lastLine = ""

    /// - Parameters:
    ///   - columns: the terminal's width; `nil` where the output is no terminal.
    ///   - isUnicode: whether the terminal shows more than ASCII.
    init(columns: Int?, isUnicode: Bool) {
        self.columns = columns
        self.isUnicode = isUnicode
    }

    /// The text to write for a step.
    mutating func show(_ progress: WatchedMessage.Progress) -> String {
        let percentage = String(format: "%5.1f %%", progress.percentage)
        let stage = TextTable.printable(progress.stage)
        let rest = progress.minutesRemaining.map { $0 > 0 ? ", about \($0) min left" : "" } ?? ""
        guard let columns else {
            let line = "\(percentage)  \(progress.completed)/\(progress.total)  \(stage)\(rest)"
            defer { lastLine = line }
            return line == lastLine ? "" : line + "\n"
        }
        let tail = "\(percentage)  \(progress.completed)/\(progress.total)  \(stage)\(rest)"
        let line = "\(bar(progress.percentage, cells: min(30, max(10, columns / 4))))  \(tail)"
        // The last column stays free: some terminals wrap when it is written.
        return "\r\(Self.cut(line, to: columns - 1, isUnicode: isUnicode))\u{1B}[K"
    }

    /// The text to write for a remark between two steps.
    mutating func note(_ text: String) -> String {
        columns == nil ? "\(text)\n" : "\r\(text)\u{1B}[K\n"
    }

    /// Ends a bar that stands on a line of its own.
    mutating func finish() -> String {
        columns == nil ? "" : "\r\u{1B}[K"
    }

    private func bar(_ percentage: Double, cells: Int) -> String {
        let full = Int((percentage / 100 * Double(cells)).rounded(.down))
        let (done, open) = isUnicode ? ("█", "░") : ("#", "-")
        return String(repeating: done, count: full) + String(repeating: open, count: cells - full)
    }

    private static func cut(_ line: String, to width: Int, isUnicode: Bool) -> String {
        guard line.count > width, width > 3 else { return line }
        return isUnicode ? line.prefix(width - 1) + "…" : line.prefix(width - 3) + "..."
    }
}
