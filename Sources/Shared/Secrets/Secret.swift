/// A value that must not be shown: it prints as `•••` wherever values are printed, also by `dump` and by debuggers.
///
/// Not `Codable` on purpose: a secret leaves the process sealed (``SecretBox``) or by a deliberate ``reveal()``.
package struct Secret<Value: Sendable>: Sendable {
    private let value: Value

    package init(_ value: Value) { self.value = value }

    /// Gives the value itself. Every call is a place to look at when asking where a secret may go.
    package func reveal() -> Value { value }
}

extension Secret: Equatable where Value: Equatable {}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
