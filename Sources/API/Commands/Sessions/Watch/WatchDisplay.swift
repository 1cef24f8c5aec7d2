import Console
import Foundation

/// Turns messages into what stands on the screen: on a terminal two lines that change, a bar with figures and below it what is
/// done now; elsewhere a line for each change. Pure: it gives the text to write.
///
///     ██████░░░░░░░░░░░░░░   34.5 %  29/87 tickets, 1 failed, 2 min left (14:32)
///     Creating ticket 31 of 87: Configure product fields
struct WatchDisplay {
    private let columns: () -> Int?
    private let isUnicode: Bool
    private let timeZone: TimeZone
    private var shown: WatchedMessage.Progress?

    /// - Parameters:
    ///   - columns: the terminal's width, asked for at each change, since people resize windows; `nil` where the output is no
    ///     terminal.
    ///   - isUnicode: whether the terminal shows more than ASCII.
    ///   - timeZone: of the clock that the end is told by.
    init(columns: @escaping () -> Int?, isUnicode: Bool, timeZone: TimeZone = .current) {
        self.columns = columns
        self.isUnicode = isUnicode
        self.timeZone = timeZone
    }

    /// The text to write for a step.
    mutating func show(_ progress: WatchedMessage.Progress, now: Date = Date()) -> String {
        defer { shown = progress }
        let stage = TextTable.printable(progress.stage)
        let percentage = String(format: "%5.1f %%", progress.percentage)
        let end = end(of: progress, now: now)
        guard let columns = columns() else {
            guard progress != shown else { return "" }
            var line = "\(percentage)  \(progress.completed)/\(progress.total)"
            if progress.failed > 0 { line += ", \(progress.failed) failed" }
            return line + "  \(stage)\(end.map { ", \($0)" } ?? "")\n"
        }
        var figures = ["\(progress.completed)/\(progress.total) tickets"]
        if progress.failed > 0 { figures.append("\(progress.failed) failed") }
        if let end { figures.append(end) }
        let tail = "  \(percentage)  \(figures.joined(separator: ", "))"
        // The figures come first. The last column stays free: some terminals wrap when it is written.
        let cells = max(5, min(40, columns / 4, columns - 1 - tail.count))
        let lines = [bar(progress.percentage, cells: cells) + tail, stage].map {
            $0.fitted(to: columns - 1, ellipsis: isUnicode ? "…" : "...") + "\u{1B}[K"
        }
        return (shown == nil ? "" : Self.toFirstLine) + lines.joined(separator: "\r\n")
    }

    /// The text to write for a remark between two steps.
    mutating func note(_ text: String) -> String { "\(clear())\(text)\n" }

    /// Takes away what moves, at the end.
    mutating func finish() -> String { clear() }

    private static let toFirstLine = "\r\u{1B}[1A"

    private mutating func clear() -> String {
        guard columns() != nil, shown != nil else { return "" }
        shown = nil
        return "\(Self.toFirstLine)\u{1B}[J"
    }

    /// How long it will take, and the time of day at its end; `nil` where nobody can say.
    private func end(of progress: WatchedMessage.Progress, now: Date) -> String? {
        guard progress.isStarted, let minutes = progress.minutesRemaining, minutes > 0 else { return nil }
        let left = minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
        return "\(left) left (\(time(of: now.addingTimeInterval(Double(minutes) * 60), now: now)))"
    }

    /// The time of day, with the day where it is another one.
    private func time(of moment: Date, now: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.month, .day, .hour, .minute], from: moment)
        let time = String(format: "%02d:%02d", parts.hour ?? 0, parts.minute ?? 0)
        guard !calendar.isDate(moment, inSameDayAs: now) else { return time }
        return String(format: "%02d-%02d ", parts.month ?? 0, parts.day ?? 0) + time
    }

    private func bar(_ percentage: Double, cells: Int) -> String {
        let full = Int((percentage / 100 * Double(cells)).rounded(.down))
        let (done, open) = isUnicode ? ("█", "░") : ("#", "-")
        return String(repeating: done, count: full) + String(repeating: open, count: cells - full)
    }
}

extension String {
    /// As much of the text as fits into so many cells of a terminal.
    fileprivate func fitted(to width: Int, ellipsis: String) -> String {
        let widths = map(\.terminalCells)
        guard widths.reduce(0, +) > width else { return self }
        var room = width - ellipsis.count
        let kept = zip(self, widths).prefix { _, cells in
            room -= cells
            return room >= 0
        }
        return String(kept.map(\.0)) + ellipsis
    }
}

extension Character {
    /// How many cells of a terminal it takes: two for the scripts of East Asia and for pictures.
    fileprivate var terminalCells: Int {
        switch unicodeScalars.first?.value ?? 0 {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
