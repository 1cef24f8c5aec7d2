/// Why a secret could not be sealed, opened or read.
package struct SecretsError: Error, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable { case malformed, unknownKey, refused, tooLong }

    package let code: Code
    /// Fit to be shown: names the place, never the secret.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
