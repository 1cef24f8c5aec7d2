import HTTPTypes
import Record
import Secrets
import Synchronization
import TramlineModel

/// Finds the owner of an API key; remembers owners for a moment, so that a busy client does not cost a query each time.
///
/// A revoked key works for ``memory`` at most. Keys that are not known are not remembered: a new key works at once.
final class KeyRing: Sendable {
    private struct Entry {
        let owner: KeyOwner
        let until: ContinuousClock.Instant
    }

    static let memory = Duration.seconds(5)
    private static let capacity = 10_000

    private let store: KeyStore
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    init(store: KeyStore) {
        self.store = store
    }

    /// Reads the key from an `Authorization` header.
    ///
    /// - Throws: ``APIError`` with 401; what the record throws.
    func owner(authorization header: String?) async throws -> KeyOwner {
        guard let header else { throw APIError.unauthorized() }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw APIError.unauthorized(wasGiven: true) }
        return try await owner(of: words[1])
    }

    /// Reads the key of a client that wants to listen: browsers cannot send the header, so they name a subprotocol.
    func owner(listening headers: HTTPFields) async throws -> KeyOwner {
        if headers[.authorization] == nil, let bearer = WebSocketHandshake.bearer(headers) {
            return try await owner(of: bearer.key)
        }
        return try await owner(authorization: headers[.authorization])
    }

    /// - Parameter text: The whole key, as the client sent it.
    func owner(of text: Substring) async throws -> KeyOwner {
        guard let key = APIKey(parsing: text) else { throw APIError.unauthorized(wasGiven: true) }
        let hash = key.hash
        let now = ContinuousClock.now
        if let entry = entries.withLock({ $0[hash] }), now < entry.until { return entry.owner }
        guard let owner = try await store.owner(ofKeyHashed: hash) else {
            throw APIError.unauthorized(wasGiven: true)
        }
        entries.withLock { entries in
            // Only good keys come here, so the limit is met by a fleet with very many of them and nobody else.
            if entries.count >= Self.capacity { entries = entries.filter { now < $0.value.until } }
            if entries.count < Self.capacity { entries[hash] = Entry(owner: owner, until: now + Self.memory) }
        }
        return owner
    }
}

extension KeyOwner {
    /// - Throws: ``APIError`` with 403 where the key does not allow it.
    func require(_ scope: KeyScope) throws(APIError) {
        guard scopes.contains(scope) else { throw .insufficientScope(scope) }
    }
}
