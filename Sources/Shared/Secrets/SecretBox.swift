internal import Crypto
internal import Foundation

/// The one place in the record to which a sealed secret belongs.
///
/// It is authenticated together with the secret: a sealed value that is copied to another row, or to another column of
/// the same row, does not open there.
package struct SecretPlace: Sendable, CustomStringConvertible {
    package let table: String
    package let column: String
    /// The row's identifier, which must not change as long as the secret is there.
    package let row: String

    package init(table: String, column: String, row: String) {
        self.table = table
        self.column = column
        self.row = row
    }

    package var description: String { "\(table).\(column) of \(row)" }

    /// Each part with its length before it, so that no two places give the same bytes.
    var bytes: Data {
        var bytes = Data()
        for part in [table, column, row] {
            withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part.utf8)
        }
        return bytes
    }
}

/// Seals secrets for the record and opens them again: AES-256-GCM.
///
/// A sealed value is
///
/// | bytes | what |
/// |---|---|
/// | 1 | format, 1 |
/// | 1 | the key's id, so that a value says which key it needs |
/// | 12 | nonce, random |
/// | as the secret | the secret, encrypted |
/// | 16 | tag over all of it and over the ``SecretPlace`` |
///
/// Random nonces are safe for about 2³² sealings with one key; a record holds a few thousand.
package struct SecretBox: Sendable {
    /// The longest secret in bytes of UTF-8. OAuth's tokens take a few thousand.
    package static let longestSecret = 65_536

    private static let format: UInt8 = 1
    private static let overhead = 2 + 12 + 16

    private let key: SecretKey
    private let others: [SecretKey]

    /// - Parameters:
    ///   - key: seals, and opens what it has sealed.
    ///   - previous: keys that only open, while their values have not been sealed anew.
    package init(key: SecretKey, previous: [SecretKey] = []) {
        self.key = key
        self.others = previous
    }

    /// Seals a secret for one place. Sealing the same secret twice gives two different values.
    /// - Throws: `.tooLong` beyond ``longestSecret``.
    package func seal(_ secret: Secret<String>, in place: SecretPlace) throws(SecretsError) -> [UInt8] {
        let clear = Data(secret.reveal().utf8)
        guard clear.count <= Self.longestSecret else {
            throw SecretsError(.tooLong, "a secret may have \(Self.longestSecret) bytes, this one has \(clear.count)")
        }
        let header = Data([Self.format, key.id])
        do {
            let box = try AES.GCM.seal(clear, using: key.sealing, authenticating: header + place.bytes)
            return [UInt8](header) + box.nonce + box.ciphertext + box.tag
        } catch {
            preconditionFailure("AES-GCM refuses no key of 32 bytes and no clear text of this size: \(error)")
        }
    }

    /// Opens a sealed value in the place for which it was sealed.
    /// - Throws: `.malformed` when it is no sealed value, `.unknownKey` when it was sealed with a key that is not here,
    ///   `.refused` when the key is another one, the place is another one, or a bit has changed.
    package func open(_ sealed: some Collection<UInt8>, in place: SecretPlace) throws(SecretsError) -> Secret<String> {
        let sealed = Data(sealed)
        guard sealed.count >= Self.overhead, sealed.count <= Self.overhead + Self.longestSecret,
            sealed[0] == Self.format
        else {
            throw SecretsError(.malformed, "what is stored at \(place) is not a sealed secret of a known format")
        }
        // Two keys have the same one-byte id once in 256 pairs, so all that fit are tried.
        let candidates = ([key] + others).filter { $0.id == sealed[1] }
        guard !candidates.isEmpty else {
            throw SecretsError(.unknownKey, "the secret at \(place) was sealed with another TRAMLINE_SECRET_KEY")
        }
        for candidate in candidates {
            // Which check failed is of no use: AES-GCM says only that the value is not what was sealed with this key.
            if let clear = try? Self.open(sealed, with: candidate, in: place),
                let text = String(data: clear, encoding: .utf8)
            {
                return Secret(text)
            }
        }
        throw SecretsError(
            .refused,
            "the secret at \(place) does not open: it was changed, moved from another row, or sealed with another key"
        )
    }

    private static func open(_ sealed: Data, with key: SecretKey, in place: SecretPlace) throws -> Data {
        let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(2))
        return try AES.GCM.open(box, using: key.sealing, authenticating: sealed.prefix(2) + place.bytes)
    }
}
