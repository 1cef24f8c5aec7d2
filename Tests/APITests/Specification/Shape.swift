import Foundation
import TramlineModel

/// What a specification says of a JSON value: its type, and of an object exactly its members.
indirect enum Shape: Sendable {
    case uuid, int, float, string, bool, time
    /// Whatever it is.
    case any
    /// One of these texts.
    case word(Set<String>)
    case optional(Shape)
    /// At least one element, so that nothing in it goes unseen.
    case list(Shape)
    case empty
    case members([String: Shape])
    /// Of a member: it may be missing, but is never `null`.
    case perhaps(Shape)

    /// The shape of all errors.
    static let error = Shape.members([
        "error": .members([
            "code": .string, "error_category": .word(["user_fixable", "admin_required", "temporary"]),
            "user_message": .string, "recovery_actions": .perhaps(.list(.string)),
            "details": .perhaps(.list(.members(["at": .string, "message": .string]))), "request_id": .string,
        ])
    ])

    /// How a value differs, one line for each place.
    func differences(from value: JSONValue, at place: String = "body") -> [String] {
        switch (self, value) {
        case (.uuid, .string(let text)): UUID(uuidString: text) == nil ? ["\(place) is no UUID"] : []
        case (.int, .number(let number)): number.integer == nil ? ["\(place) is no whole number"] : []
        case (.any, _), (.float, .number), (.string, .string), (.bool, .bool): []
        case (.time, .string(let text)): Self.isTime(text) ? [] : ["\(place) is no time: \(text)"]
        case (.word(let words), .string(let text)): words.contains(text) ? [] : ["\(place) is \(text)"]
        case (.optional, .null): []
        case (.optional(let shape), _), (.perhaps(let shape), _): shape.differences(from: value, at: place)
        case (.empty, .array(let elements)): elements.isEmpty ? [] : ["\(place) is not empty"]
        case (.list(let shape), .array(let elements)):
            elements.isEmpty
                ? ["\(place) is empty"]
                : elements.enumerated().flatMap { shape.differences(from: $1, at: "\(place)[\($0)]") }
        case (.members(let shapes), .object(let members)):
            members.filter { shapes[$0.name] == nil }.map { "\(place).\($0.name) is not in the specification" }
                + shapes.sorted { $0.key < $1.key }.flatMap { name, shape in
                    shape.differences(from: members.filter { $0.name == name }.map(\.value), at: "\(place).\(name)")
                }
        default: ["\(place) is \(value.kind)"]
        }
    }

    /// Of a member: there once, unless it may be missing.
    private func differences(from values: [JSONValue], at place: String) -> [String] {
        if case .perhaps = self, values.isEmpty { return [] }
        return values.count == 1
            ? differences(from: values[0], at: place) : ["\(place) is there \(values.count) times"]
    }

    /// ISO 8601 in UTC, with or without parts of a second.
    private static func isTime(_ text: String) -> Bool {
        [false, true].contains { fraction in
            // What the one style cannot read may be of the other.
            (try? Date.ISO8601FormatStyle(includingFractionalSeconds: fraction).parse(text)) != nil
        }
    }
}
