extension ManualFix {
    /// What to do, and then why, as a person reads it: two sentences.
    package var guidance: String {
        [recommendedAction, reason].map(Self.sentence).filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// A text with a full stop, unless it ends itself: reasons are often Jira's own words.
    private static func sentence(_ text: String) -> String {
        let text = text.trimmingSpaces()
        guard let end = text.last(where: { !"\"'”’)»".contains($0) }) else { return text }
        return ".!?…:。！？".contains(end) ? text : text + "."
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<max(start, end)])
    }
}
