import Secrets
import Testing

@Suite struct SecretBoxTests {
    let key = SecretKey()
    let place = SecretPlace(table: "integrations", column: "sealed_secret", row: "6f0d")

    @Test("What is sealed opens in its place", arguments: ["", "token", String(repeating: "ü", count: 30_000)])
    func roundTrip(text: String) throws {
        let box = SecretBox(key: key)
        let sealed = try box.seal(Secret(text), in: place)
        #expect(sealed.count == text.utf8.count + 30)
        #expect(try box.open(sealed, in: place).reveal() == text)
        #expect(try box.seal(Secret(text), in: place) != sealed)
    }

    @Test(
        "A sealed secret opens in no other place",
        arguments: [
            SecretPlace(table: "integrations", column: "sealed_secret", row: "6f0e"),
            SecretPlace(table: "integrations", column: "refresh_token", row: "6f0d"),
            SecretPlace(table: "integrationss", column: "ealed_secret", row: "6f0d"),
        ]
    )
    func otherPlace(other: SecretPlace) throws {
        let box = SecretBox(key: key)
        let sealed = try box.seal(Secret("token"), in: place)
        let error = #expect(throws: SecretsError.self) { try box.open(sealed, in: other) }
        #expect(error?.code == .refused)
    }

    @Test("No bit of a sealed secret can be changed unnoticed")
    func changed() throws {
        let box = SecretBox(key: key)
        let sealed = try box.seal(Secret("token"), in: place)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SecretsError.self) { try box.open(changed, in: place) }
        }
        let error = #expect(throws: SecretsError.self) { try box.open(sealed.prefix(20), in: place) }
        #expect(error?.code == .malformed)
    }

    @Test("A value that another key has sealed says so; a previous key still opens")
    func otherKey() throws {
        var other = SecretKey()
        while other.id == key.id { other = SecretKey() }
        let sealed = try SecretBox(key: key).seal(Secret("token"), in: place)
        let error = #expect(throws: SecretsError.self) { try SecretBox(key: other).open(sealed, in: place) }
        #expect(error?.code == .unknownKey)
        #expect(try SecretBox(key: other, previous: [key]).open(sealed, in: place).reveal() == "token")
    }

    @Test("A secret without measure is refused")
    func tooLong() throws {
        let error = #expect(throws: SecretsError.self) {
            try SecretBox(key: key).seal(Secret(String(repeating: "x", count: 65_537)), in: place)
        }
        #expect(error?.code == .tooLong)
    }
}
