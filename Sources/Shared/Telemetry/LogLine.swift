internal import Logging

/// One log event, and its two forms.
struct LogLine {
    /// Members of a JSON line that a fact of the same name must not replace.
    private static let taken: Set<String> = ["time", "level", "message", "label"]

    let time: String
    let level: Logger.Level
    let message: String
    let label: String
    let facts: [(key: String, value: Logger.Metadata.Value)]

    /// `2026-11-21T03:05:14.123Z INFO  job claimed job.id=6f… epoch=3`
    var text: String {
        var line = time + " "
        line += level.rawValue.uppercased().padded(to: 8)
        line.appendEscaped(message, quoted: false)
        for (key, value) in facts {
            line += " \(key)="
            let value = "\(value)"
            line.appendEscaped(value, quoted: value.isEmpty || value.utf8.contains { $0 == 0x20 || $0 == 0x22 })
        }
        return line + "\n"
    }

    /// `{"time":"…","level":"info","message":"job claimed","label":"tramline","job.id":"6f…"}`
    var json: String {
        var line = #"{"time":""# + time + #"","level":""# + level.rawValue + #"","message":"#
        line.appendEscaped(message, quoted: true)
        line += #","label":"#
        line.appendEscaped(label, quoted: true)
        for (key, value) in facts {
            line += ","
            line.appendEscaped(Self.taken.contains(key) ? "fact.\(key)" : key, quoted: true)
            line += ":"
            line.appendJSON(value)
        }
        return line + "}\n"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - count))
    }

    fileprivate mutating func appendJSON(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text):
            appendEscaped(text, quoted: true)
        case .stringConvertible(let value):
            appendEscaped("\(value)", quoted: true)
        case .array(let values):
            self += "["
            for (index, value) in values.enumerated() {
                if index > 0 { self += "," }
                appendJSON(value)
            }
            self += "]"
        case .dictionary(let members):
            self += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { self += "," }
                appendEscaped(member.key, quoted: true)
                self += ":"
                appendJSON(member.value)
            }
            self += "}"
        }
    }

    /// Appends a text on one line, escaped as JSON escapes; quotes and backslashes only where it is quoted.
    fileprivate mutating func appendEscaped(_ text: String, quoted: Bool) {
        if quoted { self += "\"" }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quoted: self += "\\\""
            case "\\" where quoted: self += "\\\\"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            // Controls of ASCII and Latin-1, and the two line separators of Unicode.
            case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                self += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: unicodeScalars.append(scalar)
            }
        }
        if quoted { self += "\"" }
    }
}
