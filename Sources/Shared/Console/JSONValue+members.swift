package import Foundation
package import TramlineModel

extension JSONValue {
    /// An object of members in the order given; those without a value are `null`.
    package static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.map { JSONMember($0, $1 ?? .null) })
    }

    /// What a value calls itself.
    package static func text(_ value: some CustomStringConvertible) -> JSONValue { .string("\(value)") }

    /// ISO 8601, to the second, in UTC.
    package static func time(_ date: Date) -> JSONValue { .string(date.formatted(.iso8601)) }

    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(Int64(value))) }
}
