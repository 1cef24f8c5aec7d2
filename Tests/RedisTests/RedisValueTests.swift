import Redis
import Testing

@Suite("Redis values")
struct RedisValueTests {
    struct URLCase: Sendable, CustomTestStringConvertible {
        let url: String
        let shown: String?
        var testDescription: String { url }
    }

    @Test(
        "A URL is read, or refused without being quoted",
        arguments: [
            URLCase(url: "redis://localhost", shown: "redis://localhost:6379/0"),
            URLCase(url: "redis://h:1/2", shown: "redis://h:1/2"),
            URLCase(url: "rediss://u:p%40ss@h/7", shown: "rediss://u:•••@h:6379/7"),
            URLCase(url: "redis://:p@[::1]:9", shown: "redis://:•••@[::1]:9/0"),
            URLCase(url: "rediss://h?ca_file=/x.pem", shown: "rediss://h:6379/0"),
            URLCase(url: "http://h", shown: nil),
            URLCase(url: "redis://", shown: nil),
            URLCase(url: "redis://u@h", shown: nil),
            URLCase(url: "redis://h/x", shown: nil),
            URLCase(url: "redis://h:0", shown: nil),
            URLCase(url: "redis://h?timeout=1", shown: nil),
            URLCase(url: "redis://h?ca_file=/x.pem", shown: nil),
        ]
    )
    func urls(_ example: URLCase) {
        do {
            let configuration = try RedisConfiguration(url: example.url)
            #expect("\(configuration)" == example.shown)
            var dumped = ""
            dump(configuration, to: &dumped)
            #expect(!dumped.contains("p%40ss") && !dumped.contains("p@ss"))
        } catch {
            #expect(error.code == .configuration)
            #expect(example.shown == nil)
        }
    }

    @Test(
        "A script's digest is its SHA-1",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
            (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ]
    )
    func digests(source: String, digest: String) {
        #expect(RedisScript(name: "x", source: source).sha1 == digest)
    }

    @Test("Readers convert what Redis sends as text, and refuse the rest")
    func readers() throws {
        #expect(try RedisReply.bytes(Array("42".utf8)).integer() == 42)
        #expect(try RedisReply.integer(42).string() == "42")
        #expect(try RedisReply.null.optional { reply throws(RedisError) in try reply.string() } == nil)
        let malformed = #expect(throws: RedisError.self) { try RedisReply.array([]).integer() }
        #expect(malformed?.code == .malformedReply)
        let refused = #expect(throws: RedisError.self) { try RedisReply.error("OOM too much").string() }
        #expect(refused?.code == .server)
        #expect(refused?.serverCode == "OOM")
    }
}
