import ADF
import Testing

/// Pages made to hurt. Time is the benchmark's business (`adf-benchmark hostile`); here none may trap or fail.
@Suite(.timeLimit(.minutes(5))) struct HostileTests {
    struct Page: Sendable, CustomTestStringConvertible {
        let name: String
        let html: @Sendable () -> [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ html: @escaping @Sendable () -> String) {
            self.name = name
            self.html = { Array(html().utf8) }
        }

        init(bytes name: String, _ html: @escaping @Sendable () -> [UInt8]) {
            self.name = name
            self.html = html
        }
    }

    @Test("A hostile page becomes a valid document", arguments: pages)
    func converts(_ page: Page) throws {
        let conversion = ADFConverter(options: .init(length: .cut(note: "cut"))).convert(page.html())
        let document = try #require(conversion.document, "\(conversion.report)")
        #expect(ADFValidator.faults(in: document) == [])
        #expect(document.count <= ADFConverter.sizeLimit)
    }

    @Test("Text below too many tags is kept, and the report says that tags were ignored")
    func capped() throws {
        let conversion = ADFConverter().convert(
            String(repeating: "<div>", count: 1000) + "word" + String(repeating: "</div>", count: 1000) + "<p>next"
        )
        #expect(try Shown(#require(conversion.document)).words == ["word", "next"])
        #expect(conversion.report.warnings.map(\.kind) == [.cappedNesting])
    }

    @Test(
        "What HTML closes by itself is not nested deeply",
        arguments: [
            "<p>a", "<ul><li>a", "<dl><dt>a<dd>b", "<table><tr><td>a<p>b", "<table><tbody><tr><th>a", "<ruby>a<rt>b",
            "<select><option>a",
        ]
    )
    func unclosed(_ pattern: String) throws {
        let first = pattern.hasPrefix("<p>") ? "" : "<" + pattern.split(separator: "<")[0]
        let conversion = ADFConverter().convert(
            first + String(repeating: String(pattern.dropFirst(first.count)), count: 500)
        )
        #expect(conversion.report.warnings == [])
        #expect(conversion.report.status == .passed)
    }

    private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    static let pages: [Page] = [
        Page("300,000 unclosed b") { times("<b>", 300_000) },
        Page("300,000 unclosed i and a word") { times("<i>", 300_000) + "word" },
        Page("200,000 unclosed div") { times("<div>", 200_000) },
        Page("unclosed unknown elements") { times("<x>", 300_000) },
        Page("svg without end") { "<svg>" + times("<g>", 300_000) },
        Page("text that SVG does not hold as text") { "<math><desc><style>" + times("<g>", 300_000) },
        Page("plain text that a select ignores") { "<select><plaintext></select>" + times("<b>", 300_000) },
        Page("50,000 attributes") { "<p " + (0..<50_000).map { "a\($0)=1 " }.joined() + ">x</p>" },
        Page("b id=n p, 10,000 times") { (0..<10_000).map { "<b id=\($0)><p>" }.joined() },
        Page("formatting that outlives its blocks") {
            (0..<5_000).map { "<b id=\($0)>\(times("<div>", 9))</b>\(times("</div>", 9))" }.joined()
        },
        Page("100,000 attributes in a tag without end") { "<p " + (0..<100_000).map { "a\($0) " }.joined() },
        Page("a long address on many words") {
            "<a href=https://\(times("a", 500_000))>\(times("x<b>y</b>", 40_000))</a>"
        },
        Page("a long address on many images") {
            "<a href=https://\(times("a", 300_000))>\(times("<img src=https://i.example>", 20_000))</a>"
        },
        Page("tables that break out of ten lists") {
            times("<ul><li>x", 10) + times("<table><td>x</table>y", 40_000)
        },
        Page("levels of Word that go down") {
            times((1...9).reversed().map { "<p style='mso-list:l0 level\($0) lfo1'>x" }.joined(), 2_500)
        },
        Page("formulas without text") { times("<span class=katex-mathml></span>", 30_000) },
        Page("code below a long class") { "<div class='\(times("a ", 250_000))'>" + times("<pre>x", 80_000) },
        Page("brackets that stay open in a style") { "<p style='\(times("a:(;", 250_000))'>x" },
        Page("plain list") { "<ul>" + times("<li>x", 200_000) },
        Page("lines of a textarea") { "<textarea>x" + times("x\n", 500_000) },
        Page("end tags below nested SVG") { times("<svg>x", 128) + times("</a></p>", 50_000) },
        Page("ruby without ruby") { times("<rb>x", 200_000) },
        Page("nested tables") { times("<table><tr><td>x", 20_000) },
        Page("wide spans") { "<table>" + times("<tr><td rowspan=1000 colspan=1000>", 20_000) },
        Page("nested lists of tasks") { times("<ul><li><input type=checkbox>x", 20_000) },
        Page("nested details") { times("<details><summary>s</summary>", 20_000) },
        Page("end tags only") { times("</x></p></b>", 50_000) },
        Page("misnested") { times("<i><b></i></b>", 50_000) },
        Page("less than") { times("<", 500_000) },
        Page("a comment without end") { "<!--" + times("-", 500_000) },
        Page("references") { times("&#99999999999;&amp", 30_000) },
        Page("dialogs") { times("<dialog a>", 50_000) },
        Page("quotation marks in a style") { "<p style=\"" + times("'(", 200_000) + "\">x" },
        Page("a tag without end") { "<p class=\"" + times("a ", 200_000) },
        Page("javascript and data") { times("<a href='javascript:a'>b</a><img src='data:image/png;base64,AA'>", 500) },
        Page(bytes: "NUL bytes") { [UInt8](repeating: 0, count: 100_000) },
        Page(bytes: "bytes that are not UTF-8") { [UInt8](repeating: 0xFF, count: 100_000) },
        Page(bytes: "lone surrogates") { Array("<p>a".utf8) + [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80] + Array("b".utf8) },
        Page(bytes: "an incomplete character at the end") { Array("<p>a".utf8) + [0xF0, 0x9F] },
        Page("nothing") { "" },
    ]
}
