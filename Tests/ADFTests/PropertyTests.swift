import ADF
import Testing

@Suite struct PropertyTests {
    @Test("Any tree of elements becomes a valid document that shows its words in order", .timeLimit(.minutes(5)))
    func randomTrees() throws {
        var random = SeededGenerator()
        print("TRAMLINE_TEST_SEED=\(random.seed)")
        for _ in 0..<400 {
            var page = Page(random: random)
            page.add(depth: 0)
            random = page.random
            for profile in [ADFConverter.Profile.full, .plain] {
                let converter = ADFConverter(options: .init(profile: profile))
                let conversion = converter.convert(page.html)
                let document = try #require(conversion.document, "\(conversion.report) \(page.html)")
                #expect(ADFValidator.faults(in: document) == [], "\(page.html)")
                #expect(converter.convert(page.html).document == document)
                let shown = try Shown(document)
                let lost = shown.shows(inOrder: page.words)
                #expect(lost == nil, "seed \(random.seed): \(page.html)")
                if lost != nil { return }
            }
        }
    }

    @Test("The parser's tree is never deeper than the scan before it allows", .timeLimit(.minutes(5)))
    func depth() {
        var random = SeededGenerator()
        print("TRAMLINE_TEST_SEED=\(random.seed)")
        let names = """
            a address annotation-xml applet b body button caption center code col colgroup dd dialog div dl dt em fieldset font \
            foreignObject form frame h1 h2 head hr html i iframe img input isindex keygen li marquee math menu mi \
            nobr noscript object ol optgroup option p pre rb rp rt rtc ruby script select span strong style svg desc table \
            tbody td template textarea tfoot th thead title tr ul x xmp
            """.split(separator: " ").map(String.init)
        let odd = [
            "<annotation-xml encoding='text/html'>", "<annotation-xml encoding=text&#47;html>", "<font color=red>",
            "<svg/>",
            "<![CDATA[></svg></div>]]>", "<!--<script>", "-->", "<script><!--<script></script></div></script>",
            "<p/ a='>'>",
        ]
        for _ in 0..<300 {
            let unit = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let name = names.randomElement(using: &random)!
                if Int.random(in: 0..<12, using: &random) == 0 { return odd.randomElement(using: &random)! }
                return ["<\(name)>", "<\(name)>x", "</\(name)>"].randomElement(using: &random)!
            }.joined()
            let depth = ADFBenchmark.depth(of: Array(String(repeating: unit, count: 1_200).utf8))
            // An ended form is still around what it left open. What is not counted grows with each repetition.
            #expect(depth < 800, "\(unit)")
        }
    }

    @Test("Any bytes become a valid document", .timeLimit(.minutes(5)))
    func randomBytes() throws {
        var random = SeededGenerator()
        print("TRAMLINE_TEST_SEED=\(random.seed)")
        let pieces = [
            "<", ">", "</", "<!--", "-->", "&", "&#", ";", "\"", "'", "=", "<p", "<table>", "<td", "<li", "<svg>",
            "</b>", "x", " ",
        ]
        for _ in 0..<500 {
            var page: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                if Bool.random(using: &random) {
                    page += Array(pieces.randomElement(using: &random)!.utf8)
                } else {
                    page.append(.random(in: 0...255, using: &random))
                }
            }
            let document = try #require(ADFConverter().convert(page).document, "\(page)")
            #expect(ADFValidator.faults(in: document) == [], "\(page)")
        }
    }
}

/// A page that is made at random, and the words that it shows, in order.
private struct Page {
    var random: SeededGenerator
    var html = ""
    var words: [String] = []

    private static let blocks = ["p", "div", "h2", "blockquote", "section", "figure", "dd", "pre", "x-box"]
    private static let inlines = [
        "b", "i", "code", "span", "a href=https://e.example", "sub", "mark", "font color=red", "x-in",
    ]

    init(random: SeededGenerator) { self.random = random }

    mutating func add(depth: Int) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard depth < 7 else {
                addWord()
                continue
            }
            switch Int.random(in: 0...11, using: &random) {
            case 0, 1, 2: addWord()
            case 3: wrap(Self.inlines.randomElement(using: &random)!) { $0.addWord() }
            case 4, 5: wrap(Self.blocks.randomElement(using: &random)!) { $0.add(depth: depth + 1) }
            case 6:
                wrap(Bool.random(using: &random) ? "ul" : "ol") { page in
                    for _ in 0..<2 { page.wrap("li") { $0.add(depth: depth + 1) } }
                }
            case 7:
                wrap("table") { page in
                    for _ in 0..<2 {
                        page.wrap("tr") { page in
                            page.wrap("td colspan=2") { $0.add(depth: depth + 1) }
                            page.wrap("th rowspan=3") { $0.add(depth: depth + 1) }
                        }
                    }
                }
            case 8:
                wrap("details") { page in
                    page.wrap("summary") { $0.addWord() }
                    page.add(depth: depth + 1)
                }
            case 9: wrap("div class='admonition tip'") { $0.add(depth: depth + 1) }
            case 10:
                wrap("ul") { page in
                    page.wrap("li") { page in
                        page.html += "<input type=checkbox>"
                        page.add(depth: depth + 1)
                    }
                }
            default:
                html += ["<hr>", "<br>", "<img src=https://i.example/p.png>", "<p></p>"].randomElement(using: &random)!
            }
        }
    }

    private mutating func addWord() {
        let word = "w\(words.count)"
        words.append(word)
        html += " \(word) "
    }

    private mutating func wrap(_ tag: String, _ body: (inout Page) -> Void) {
        html += "<\(tag)>"
        body(&self)
        html += "</\(tag.prefix { $0 != " " })>"
    }
}
