internal import Crypto
internal import Foundation

/// The 32 bytes that seal stored secrets: `TRAMLINE_SECRET_KEY`.
///
/// The bytes are not used as they are: a key for sealing is derived from them, so that another use of the same variable
/// may one day have a key of its own.
package struct SecretKey: Sendable {
    /// How many bytes a key has.
    package static let byteCount = 32

    /// Tells keys apart in sealed values; says nothing about the key's bytes.
    package let id: UInt8
    let sealing: SymmetricKey

    /// Reads a key from base64, with the standard or the URL alphabet, with or without padding.
    /// - Returns: `nil` unless the text holds exactly 32 bytes.
    package init?(base64 text: String) {
        var text = text.trimmingCharacters(in: .whitespacesAndNewlines)
            .replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: text), bytes.count == Self.byteCount else { return nil }
        self.init(bytes: bytes)
    }

    /// Makes a new random key.
    package init() {
        self.init(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) })
    }

    private init(bytes: Data) {
        func derive(_ purpose: String, count: Int) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: bytes),
                info: Data("tramline \(purpose) 1".utf8),
                outputByteCount: count
            )
        }
        sealing = derive("sealing", count: 32)
        id = derive("key id", count: 1).withUnsafeBytes { $0[0] }
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
