/// A JSON value, for the parts of Jira's documents that have no fixed shape: fields, properties, allowed values.
///
/// Numbers that are written without fraction and exponent and that fit are ``integer(_:)``, all others
/// ``number(_:)``; ``int`` and ``double`` read both. Two values are equal when they are spelt alike: `2` and `2.0`
/// are not.
package enum JiraJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JiraJSON])
    case object([String: JiraJSON])
}

extension JiraJSON {
    /// The member of an object; `nil` when this is no object or has no such member.
    package subscript(name: String) -> JiraJSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The element of an array; `nil` when this is no array or is shorter.
    package subscript(index: Int) -> JiraJSON? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    package var isNull: Bool { self == .null }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The whole number, also of `3.0`; `nil` for `3.5` and for what does not fit.
    package var int: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var array: [JiraJSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: [String: JiraJSON]? {
        if case .object(let value) = self { value } else { nil }
    }

    /// An identifier, which Jira writes as a string in one place and as a number in another.
    package var identifier: String? {
        switch self {
        case .string(let value): value.isEmpty ? nil : value
        case .integer(let value): String(value)
        default: nil
        }
    }

    /// The strings of an array, without the elements that are none.
    var strings: [String] { array?.compactMap(\.string) ?? [] }

    /// The elements of an array, each read by `read`.
    /// - Returns: `nil` when this is no array or one of its elements cannot be read.
    func list<Element>(of read: (JiraJSON) -> Element?) -> [Element]? {
        guard let array else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(array.count)
        for value in array {
            guard let element = read(value) else { return nil }
            elements.append(element)
        }
        return elements
    }
}

extension JiraJSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JiraJSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JiraJSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
