import Secrets
import Testing

@Suite struct APIKeyTests {
    @Test("A new key can be read back, and only it matches its hash")
    func roundTrip() throws {
        let key = APIKey.make()
        let read = try #require(APIKey(parsing: key.text.reveal()))
        #expect(read.prefix == key.prefix)
        #expect(read.matches(hash: key.hash))
        #expect(key.hash.count == 32)
        #expect(!APIKey.make().matches(hash: key.hash))
        #expect(!key.matches(hash: key.hash.dropLast()))
        #expect(!key.matches(hash: []))
    }

    @Test("A key prints without its secret")
    func printing() {
        let key = APIKey.make()
        #expect("\(key)" == "trk_\(key.prefix)_•••")
        #expect(key.text.reveal().hasPrefix("trk_\(key.prefix)_"))
    }

    @Test("The hash is SHA-256 of the whole text")
    func hash() throws {
        let key = try #require(APIKey(parsing: "trk_ABCD1234_" + String(repeating: "a", count: 43)))
        // printf 'trk_ABCD1234_aaa…' | sha256sum
        let hex = key.hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "0825e1f7eeb7edd2b617b09dc24c2aee68701ee35b60b351895a273ddfbcc79c")
    }

    @Test(
        "Anything else is no key",
        arguments: [
            "", "trk__", "trk_ABCD1234", "xyz_ABCD1234_" + String(repeating: "a", count: 43),
            "trk_ABCD1234_" + String(repeating: "a", count: 42) + "-",
            "trk_ABCD12_4_" + String(repeating: "a", count: 43),
            "trk_ABCD1234_" + String(repeating: "a", count: 44),
            "trk_ABCD1234_" + String(repeating: "ä", count: 22) + "a",
        ]
    )
    func malformed(text: String) {
        #expect(APIKey(parsing: text) == nil)
    }
}
