/// A JSON value as it was written: numbers keep their digits, objects the order of their members and any repetition.
///
/// Foundation's decoder gives none of these, nor a limit for the depth; what people hand in for Jira's fields must reach
/// Jira as they wrote it.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// What the value is, for people.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// One name and value of an object.
package struct JSONMember: Sendable, Hashable {
    package let name: String
    package let value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A number by its text, which follows JSON's grammar: `1.10` stays `1.10`, and nothing is lost above 2⁵³.
package struct JSONNumber: Sendable, Hashable {
    package let text: String

    init(text: String) { self.text = text }

    package init(_ number: Int64) { text = String(number) }

    /// A number of thousandths, with three decimals.
    package init(thousandths: Int64) {
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        text = (thousandths < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// The number, where it is whole and fits. Writers may put a whole number as `37.0` or `3.7e1`; that is taken for what it is
    /// below 2⁵³, where nothing is lost on the way.
    package var integer: Int64? {
        if let integer = Int64(text) { return integer }
        guard let double, abs(double) < 0x1p53 else { return nil }
        return Int64(exactly: double)
    }

    /// The nearest number, unless it is beyond all bounds.
    package var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}
