/// The forms of Jira's keys.
package enum JiraKey {
    /// Whether a text has the form of a project's key: a capital letter, then capital letters, digits and `_`.
    package static func isProject(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count >= 2, bytes.count <= 255 else { return false }
        return isCapital(first) && bytes.allSatisfy { isCapital($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// Whether a text has the form of an issue's key: a project's key, `-`, and a number from 1.
    package static func isIssue(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, isProject(parts[0]) else { return false }
        let digits = parts[1].utf8
        return (1...18).contains(digits.count) && digits.allSatisfy(isDigit) && digits.first != UInt8(ascii: "0")
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
