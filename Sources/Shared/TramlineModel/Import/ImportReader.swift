/// Reads an import's values and keeps what is wrong with them, so that all of it can be said at once.
///
/// A value that is wrong is among the faults and comes back as `nil`; reading goes on. What is read counts only when
/// ``faults`` is empty at the end.
struct ImportReader {
    var faults = ImportFaults()

    /// Reads an object and refuses members that it does not know, or has twice.
    ///
    /// - Parameters:
    ///   - what: the object's name in a sentence: "a ticket".
    ///   - known: the members it may have.
    /// - Returns: the known members by name; those that are `null` count as absent.
    mutating func object(
        _ value: JSONValue,
        at place: ImportPlace,
        _ what: String,
        known: Set<String>
    ) -> [String: JSONValue]? {
        guard case .object(let members) = value else {
            faults.add(place, "must be an object, but is \(value.kind)")
            return nil
        }
        var found: [String: JSONValue] = [:]
        for member in members {
            guard known.contains(member.name) else {
                faults.add(place.member(member.name), "is not a member of \(what)")
                continue
            }
            if found.updateValue(member.value, forKey: member.name) != nil {
                faults.add(place.member(member.name), "stands here twice")
            }
        }
        return found.filter { $0.value != .null }
    }

    /// Reads a list of at most so many elements.
    /// - Returns: the elements, also where there are too many: as many as are allowed.
    mutating func list(
        _ value: JSONValue?,
        at place: ImportPlace,
        most: Int,
        required: Bool = false
    ) -> ArraySlice<JSONValue> {
        guard let value = present(value, at: place, required: required) else { return [] }
        guard case .array(let elements) = value else {
            faults.add(place, "must be a list, but is \(value.kind)")
            return []
        }
        if elements.count > most { faults.add(place, "has \(elements.count) elements, the most is \(most)") }
        return elements.prefix(most)
    }

    /// Reads a text on one line: not blank, no control characters.
    /// - Parameter most: the longest, in units of UTF-16.
    mutating func line(
        _ value: JSONValue?,
        at place: ImportPlace,
        most: Int = ImportLimits.nameCharacters,
        required: Bool = false
    ) -> String? {
        guard let text = text(value, at: place, required: required) else { return nil }
        if let problem = Self.problem(ofLine: text, most: most) {
            faults.add(place, problem)
            return nil
        }
        return text
    }

    /// Reads a text of any form. PostgreSQL's texts cannot hold the character U+0000.
    mutating func text(_ value: JSONValue?, at place: ImportPlace, required: Bool = false) -> String? {
        guard let value = present(value, at: place, required: required) else { return nil }
        guard case .string(let text) = value else {
            faults.add(place, "must be a text, but is \(value.kind)")
            return nil
        }
        if text.utf8.contains(0) {
            faults.add(place, "must not hold the character U+0000")
            return nil
        }
        return text
    }

    private mutating func present(_ value: JSONValue?, at place: ImportPlace, required: Bool) -> JSONValue? {
        if value == nil, required { faults.add(place, "is missing") }
        return value
    }

    /// What keeps a text from being one line of so many units of UTF-16 at most.
    /// - Returns: `nil` when nothing does.
    static func problem(ofLine text: String, most: Int) -> String? {
        if text.allSatisfy(\.isWhitespace) { return "must not be blank" }
        if let problem = problem(ofCharacters: text) { return problem }
        let count = text.utf16.count
        return count > most ? "has \(count) characters, the most is \(most)" : nil
    }

    private static func problem(ofCharacters text: String) -> String? {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": return "must be one line"
            case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": return "must not hold control characters"
            // They turn the direction of writing, so that a text does not read as what it is.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": return "must not turn the direction of writing"
            default: continue
            }
        }
        return nil
    }
}
