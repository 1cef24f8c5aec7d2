/// Columns of text for people.
package struct TextTable {
    private let rows: [[String]]

    /// - Parameters:
    ///   - head: the columns' names.
    ///   - rows: as many cells each.
    package init(_ head: [String], _ rows: [[String]]) {
        self.rows = [head] + rows.map { $0.map(Self.printable) }
    }

    /// The lines, each column as wide as its widest cell.
    package var text: String { text(width: nil) }

    /// The lines, cut where they are wider than `width`.
    package func text(width: Int?) -> String {
        var widths = [Int](repeating: 0, count: rows[0].count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() where !cell.isEmpty {
                // Filled up to its column only when something follows: no line ends in spaces.
                let start = widths[..<column].reduce(0) { $0 + $1 + 2 }
                line += String(repeating: " ", count: start - line.count) + cell
            }
            return width.map { Self.short(line, $0) } ?? line
        }.joined(separator: "\n")
    }

    /// A text of so many characters at most; what is left out shows as "…".
    package static func short(_ text: String, _ limit: Int) -> String {
        text.count > limit ? text.prefix(limit - 1) + "…" : text
    }

    /// A text without what would steer a terminal: it was written by somebody else.
    package static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
    }
}
