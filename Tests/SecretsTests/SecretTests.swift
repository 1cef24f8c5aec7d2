import Secrets
import Testing

@Suite struct SecretTests {
    struct Holder { let name = "jira", token = Secret("hunter2") }

    @Test("A secret is not printed, whichever way it is printed")
    func printing() {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        for text in [
            "\(holder)", String(reflecting: holder), String(describing: holder.token), dumped, "\(SecretKey())",
        ] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("•••"))
        }
        #expect(holder.token.reveal() == "hunter2")
    }

    @Test(
        "A key has exactly 32 bytes of base64",
        arguments: [
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true),
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", true),
            ("__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA=", true),
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false),
            ("", false),
            ("correct horse battery staple", false),
        ]
    )
    func keys(text: String, valid: Bool) {
        #expect((SecretKey(base64: text) != nil) == valid)
    }
}
