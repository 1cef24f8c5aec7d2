/// A JQL query, read but not yet understood.
struct JQLQuery: Sendable {
    /// A condition.
    indirect enum Condition: Sendable, Hashable {
        case all([Condition])
        case any([Condition])
        case not(Condition)
        case clause(field: String, Operator, Operand)
    }

    enum Operator: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case contains = "~"
        case containsNot = "!~"
        case isIn = "in"
        case isNotIn = "not in"
        case isWhat = "is"
        case isNot = "is not"
    }

    indirect enum Operand: Sendable, Hashable {
        /// A word or a quoted text.
        case value(String, quoted: Bool)
        case function(String, [String])
        case list([Operand])
        case empty
    }

    struct Ordering: Sendable, Hashable {
        let field: String
        let isDescending: Bool
    }

    /// Nil when nothing restricts the query.
    let condition: Condition?
    let ordering: [Ordering]
}

/// Why a query is refused: the text of Jira's answer.
struct JQLFault: Error, Hashable {
    let message: String
}

/// Reads JQL.
struct JQLParser {
    private let tokens: [JQLToken]
    private var at = 0

    /// - Throws: ``JQLFault`` for anything that is no JQL.
    static func parse(_ text: String) throws(JQLFault) -> JQLQuery {
        var parser = JQLParser(tokens: try JQLToken.read(text))
        return try parser.query()
    }

    private init(tokens: [JQLToken]) {
        self.tokens = tokens
    }

    private var next: JQLToken? { at < tokens.count ? tokens[at] : nil }

    private mutating func take(word: String) -> Bool {
        guard case .word(let text)? = next, text.caseInsensitiveEquals(word) else { return false }
        at += 1
        return true
    }

    private mutating func take(symbol: String) -> Bool {
        guard next == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    private func fault(_ expected: String) -> JQLFault {
        let found = next.map { "'\($0.text)'" } ?? "the end of the query"
        return JQLFault(message: "Error in the JQL Query: Expecting \(expected) but got \(found).")
    }

    private mutating func query() throws(JQLFault) -> JQLQuery {
        var condition: JQLQuery.Condition?
        if next != nil, !isAtOrdering { condition = try disjunction() }
        var ordering: [JQLQuery.Ordering] = []
        if take(word: "order") {
            guard take(word: "by") else { throw fault("'by'") }
            repeat {
                let field = try name("a field name")
                let descending = take(word: "desc")
                if !descending { _ = take(word: "asc") }
                ordering.append(.init(field: field, isDescending: descending))
            } while take(symbol: ",")
        }
        guard next == nil else { throw fault("'OR', 'AND' or 'ORDER BY'") }
        guard ordering.count <= 7 else {
            throw JQLFault(message: "The ORDER BY clause cannot contain more than 7 fields.")
        }
        return JQLQuery(condition: condition, ordering: ordering)
    }

    private var isAtOrdering: Bool {
        if case .word(let text)? = next { text.caseInsensitiveEquals("order") } else { false }
    }

    private mutating func disjunction() throws(JQLFault) -> JQLQuery.Condition {
        var terms = [try conjunction()]
        while take(word: "or") || take(symbol: "||") || take(symbol: "|") { terms.append(try conjunction()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func conjunction() throws(JQLFault) -> JQLQuery.Condition {
        var terms = [try negation()]
        while take(word: "and") || take(symbol: "&&") || take(symbol: "&") { terms.append(try negation()) }
        return terms.count == 1 ? terms[0] : .all(terms)
    }

    private mutating func negation() throws(JQLFault) -> JQLQuery.Condition {
        if take(word: "not") || take(symbol: "!") { return .not(try negation()) }
        if take(symbol: "(") {
            let condition = try disjunction()
            guard take(symbol: ")") else { throw fault("')'") }
            return condition
        }
        let field = try name("a field name")
        let (operation, operand) = try comparison(of: field)
        return .clause(field: field, operation, operand)
    }

    private mutating func name(_ expected: String) throws(JQLFault) -> String {
        switch next {
        case .word(let text)? where !Self.reserved.contains(text.lowercased()):
            at += 1
            return text
        case .quoted(let text)?:
            at += 1
            return text
        default: throw fault(expected)
        }
    }

    private static let reserved: Set<String> = [
        "and", "or", "not", "in", "is", "order", "by", "empty", "null", "was", "changed",
    ]

    private mutating func comparison(of field: String) throws(JQLFault) -> (JQLQuery.Operator, JQLQuery.Operand) {
        for symbol in ["<=", ">=", "!=", "!~", "=", "<", ">", "~"] where take(symbol: symbol) {
            return (JQLQuery.Operator(rawValue: symbol)!, try operand())
        }
        if take(word: "in") { return (.isIn, try list()) }
        if take(word: "not") {
            guard take(word: "in") else { throw fault("'in'") }
            return (.isNotIn, try list())
        }
        if take(word: "is") {
            let operation: JQLQuery.Operator = take(word: "not") ? .isNot : .isWhat
            guard case .empty = try operand() else { throw fault("'EMPTY'") }
            return (operation, .empty)
        }
        throw fault("an operator after '\(field)'")
    }

    private mutating func list() throws(JQLFault) -> JQLQuery.Operand {
        guard next == .symbol("(") else {
            // A function may give a list.
            let single = try operand()
            guard case .function = single else { throw fault("'('") }
            return single
        }
        at += 1
        var elements: [JQLQuery.Operand] = []
        repeat { elements.append(try operand()) } while take(symbol: ",")
        guard take(symbol: ")") else { throw fault("')'") }
        return .list(elements)
    }

    private mutating func operand() throws(JQLFault) -> JQLQuery.Operand {
        switch next {
        case .quoted(let text)?:
            at += 1
            return .value(text, quoted: true)
        case .word(let text)?:
            at += 1
            if text.caseInsensitiveEquals("empty") || text.caseInsensitiveEquals("null") { return .empty }
            guard take(symbol: "(") else {
                guard !Self.reserved.contains(text.lowercased()) else {
                    at -= 1
                    throw fault("a value")
                }
                return .value(text, quoted: false)
            }
            var arguments: [String] = []
            while !take(symbol: ")") {
                arguments.append(try name("an argument"))
                guard next == .symbol(")") || take(symbol: ",") else { throw fault("')'") }
            }
            return .function(text, arguments)
        default: throw fault("a value")
        }
    }
}
