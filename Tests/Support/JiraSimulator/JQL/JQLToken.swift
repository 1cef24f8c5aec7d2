/// A word of JQL.
enum JQLToken: Hashable, Sendable {
    case word(String)
    case quoted(String)
    case symbol(String)

    /// As it stood in the query, without quotes.
    var text: String {
        switch self {
        case .word(let text), .quoted(let text), .symbol(let text): text
        }
    }

    private static let symbols: Set<Character> = ["(", ")", ",", "=", "!", "<", ">", "~", "&", "|"]
    private static let double: Set<String> = ["<=", ">=", "!=", "!~", "&&", "||"]

    /// Takes a query apart.
    ///
    /// - Throws: ``JQLFault`` for an open quote.
    static func read(_ text: String) throws(JQLFault) -> [JQLToken] {
        var tokens: [JQLToken] = []
        let characters = Array(text)
        var at = 0
        while at < characters.count {
            let character = characters[at]
            if character.isWhitespace {
                at += 1
            } else if character == "\"" || character == "'" {
                tokens.append(.quoted(try quoted(characters, &at)))
            } else if symbols.contains(character) {
                let pair = at + 1 < characters.count ? String(characters[at...at + 1]) : ""
                let symbol = double.contains(pair) ? pair : String(character)
                tokens.append(.symbol(symbol))
                at += symbol.count
            } else {
                let start = at
                while at < characters.count, !characters[at].isWhitespace, !symbols.contains(characters[at]),
                    characters[at] != "\"", characters[at] != "'"
                {
                    at += 1
                }
                tokens.append(.word(String(characters[start..<at])))
            }
        }
        return tokens
    }

    private static func quoted(_ characters: [Character], _ at: inout Int) throws(JQLFault) -> String {
        let quote = characters[at]
        var text = ""
        at += 1
        while at < characters.count {
            let character = characters[at]
            at += 1
            if character == quote { return text }
            if character == "\\", at < characters.count {
                let escaped = characters[at]
                at += 1
                text.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
            } else {
                text.append(character)
            }
        }
        throw JQLFault(message: "Error in the JQL Query: The quoted string has not been completed.")
    }
}
