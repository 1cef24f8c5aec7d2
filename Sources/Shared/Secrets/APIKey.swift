internal import Crypto

/// A key that a client sends as `Authorization: Bearer trk_<prefix>_<secret>`.
///
/// The prefix (8 letters and digits) may be stored, listed and logged: it tells keys apart. The secret (43 letters and
/// digits, drawn evenly: 256 bits) is shown once, when the key is made; the record keeps only ``hash``.
///
/// The hash is plain SHA-256. Slow password hashes exist because people's passwords can be guessed; 256 random bits
/// cannot, and a slow hash on every request would only help whoever wants to keep the API busy.
package struct APIKey: Sendable {
    /// What every key begins with, so that a leaked one can be found in texts.
    package static let mark = "trk"
    private static let prefixLength = 8
    private static let secretLength = 43
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The part that may be seen.
    package let prefix: String
    /// The whole key, as the client sends it.
    package let text: Secret<String>

    /// Makes a new key from the system's random generator.
    package static func make() -> APIKey {
        func draw(_ count: Int) -> String {
            String(decoding: (0..<count).map { _ in alphabet.randomElement()! }, as: UTF8.self)
        }
        let prefix = draw(prefixLength)
        return APIKey(prefix: prefix, text: "\(mark)_\(prefix)_\(draw(secretLength))")
    }

    /// Reads a key as a client sent it.
    /// - Returns: `nil` unless it has a key's exact form: anything else need not be looked up.
    package init?(parsing text: some StringProtocol) {
        guard text.utf8.count == Self.mark.utf8.count + Self.prefixLength + Self.secretLength + 2 else { return nil }
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.mark, parts[1].utf8.count == Self.prefixLength,
            parts[1...].allSatisfy({ $0.utf8.allSatisfy(Self.alphabet.contains) })
        else { return nil }
        self.init(prefix: String(parts[1]), text: String(text))
    }

    private init(prefix: String, text: String) {
        self.prefix = prefix
        self.text = Secret(text)
    }

    /// SHA-256 of the whole key, 32 bytes: what the record stores and finds keys by.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.reveal().utf8))) }

    /// Whether this is the key whose hash is stored. Takes the same time whichever byte differs first.
    package func matches(hash stored: some Collection<UInt8>) -> Bool {
        let own = hash
        guard stored.count == own.count else { return false }
        return zip(own, stored).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension APIKey: CustomStringConvertible {
    /// The key without its secret: `trk_1aB2cD3e_•••`.
    package var description: String { "\(Self.mark)_\(prefix)_•••" }
}
