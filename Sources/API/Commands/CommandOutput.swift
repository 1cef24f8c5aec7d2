import ArgumentParser
import Foundation
import TramlineModel

/// The option that all commands have whose answer a machine may read.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Answer with one line of JSON.")
    var json = false
}

extension JSONValue {
    /// An object of members in the order given; those without a value are `null`.
    static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.map { JSONMember($0, $1 ?? .null) })
    }

    static func text(_ value: some CustomStringConvertible) -> JSONValue { .string("\(value)") }

    static func time(_ date: Date) -> JSONValue { .string(date.formatted(.iso8601)) }

    static func integer(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(Int64(value))) }
}

/// Columns of text for people.
struct TextTable {
    private let rows: [[String]]

    /// - Parameters:
    ///   - head: the columns' names.
    ///   - rows: as many cells each.
    init(_ head: [String], _ rows: [[String]]) {
        self.rows = [head] + rows.map { $0.map(Self.printable) }
    }

    /// The lines, each column as wide as its widest cell.
    var text: String {
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
            return line
        }.joined(separator: "\n")
    }

    /// A text without what would steer a terminal: it was written by somebody else.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
    }
}

extension Date {
    /// To the second, in UTC, for tables.
    var forTable: String {
        formatted(.iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)) + "Z"
    }
}
