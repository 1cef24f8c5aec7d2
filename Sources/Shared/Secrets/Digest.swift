internal import Crypto

/// Digests of what is not secret.
package enum Digest {
    /// SHA-256, 32 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}

/// SHA-256 of bytes that come one after the other.
package struct RunningDigest: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// The digest of all that came, 32 bytes.
    package func finish() -> [UInt8] { Array(hash.finalize()) }
}
