internal import Crypto
internal import Foundation

/// A secret for one use: 256 random bits as 43 characters that an address takes as they are.
///
/// It serves as the `state` of OAuth, of which the record keeps the hash, and as the code verifier of PKCE (RFC 7636).
package struct OneTimeSecret: Sendable {
    private static let length = 43

    package let text: Secret<String>

    /// Makes a new one from the system's random generator.
    package static func make() -> OneTimeSecret {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        return OneTimeSecret(text: Secret(addressable(bytes)))
    }

    /// Reads one as it came back.
    /// - Returns: `nil` unless it has the form: anything else need not be looked up.
    package init?(parsing text: String) {
        guard text.utf8.count == Self.length,
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || $0 == 0x2D || $0 == 0x5F
            })
        else { return nil }
        self.init(text: Secret(text))
    }

    private init(text: Secret<String>) { self.text = text }

    /// SHA-256 of the text, 32 bytes: what the record finds it by. Plain, as 256 random bits cannot be guessed.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.reveal().utf8))) }

    /// What is told when a code is asked for, so that only whoever holds the secret can use it: PKCE's method `S256`.
    package var challenge: String { Self.addressable(Data(hash)) }

    /// Base64 with the URL's alphabet, without padding.
    private static func addressable(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension OneTimeSecret: CustomStringConvertible {
    package var description: String { "•••" }
}
