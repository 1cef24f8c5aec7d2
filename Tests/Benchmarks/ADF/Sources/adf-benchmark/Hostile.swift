import ADF
import Foundation

/// A page made to hurt, with a name. It is made when it is asked for, so that only one takes memory.
struct HostilePage {
    let name: String
    let html: () -> [UInt8]

    init(_ name: String, _ html: @autoclosure @escaping () -> [UInt8]) {
        self.name = name
        self.html = html
    }
}

/// Pages of up to 1 MiB that would be slow, deep or large if nothing was done about it.
func hostilePages() -> [HostilePage] {
    func times(_ text: String, _ count: Int) -> [UInt8] { Array(String(repeating: text, count: count).utf8) }
    func numbered(_ count: Int, _ body: (Int) -> String) -> [UInt8] { Array((0..<count).map(body).joined().utf8) }
    func wordItem(_ level: Int) -> String { "<p style='mso-list:l0 level\(level) lfo1'>x" }
    /// As often as fits.
    func filling(_ text: String) -> [UInt8] { times(text, (1 << 20) / text.utf8.count) }
    return [
        HostilePage("300,000 unclosed b", times("<b>", 300_000)),
        HostilePage("300,000 unclosed i and a word", times("<i>", 300_000) + Array("word".utf8)),
        HostilePage("unclosed div", filling("<div>")),
        HostilePage("unclosed unknown", filling("<x>")),
        HostilePage("unclosed svg g", Array("<svg>".utf8) + times("<g>", 300_000)),
        HostilePage("math desc style g", Array("<math><desc><style>".utf8) + times("<g>", 300_000)),
        HostilePage("select plaintext b", Array("<select><plaintext></select>".utf8) + times("<b>", 300_000)),
        HostilePage("50,000 attributes", Array("<p ".utf8) + numbered(50_000) { "a\($0)=1 " } + Array(">x</p>".utf8)),
        HostilePage(
            "255 attributes a tag",
            numbered(900) { tag in "<p \((0..<255).map { "a\($0)=\(tag) " }.joined())>x" }
        ),
        HostilePage("b id p", numbered(10_000) { "<b id=\($0)><p>" }),
        HostilePage("b id p, filling", numbered(70_000) { "<b id=\($0)><p>" }),
        HostilePage(
            "b id nine divs",
            numbered(9_000) {
                "<b id=\($0)>\(String(repeating: "<div>", count: 9))</b>\(String(repeating: "</div>", count: 9))"
            }
        ),
        HostilePage("font table", numbered(30_000) { "<font id=\($0)><table><td>" }),
        HostilePage("a href p", numbered(30_000) { "<a href=https://e.example/\($0)><p>x" }),
        HostilePage("p", filling("<p>")), HostilePage("p x", filling("<p>x")), HostilePage("br", filling("<br>x")),
        HostilePage("li", filling("<li>x")),
        HostilePage("td", Array("<table>".utf8) + filling("<td>x").dropLast(20)),
        HostilePage("tr td", Array("<table>".utf8) + filling("<tr><td>x").dropLast(20)),
        HostilePage("colspan", Array("<table>".utf8) + filling("<tr><td colspan=1000>").dropLast(30)),
        HostilePage("rowspan", Array("<table>".utf8) + filling("<td rowspan=1000 colspan=9>x").dropLast(30)),
        HostilePage("rowspan rows", Array("<table>".utf8) + filling("<tr><td rowspan=1000 colspan=100>x").dropLast(40)),
        HostilePage("nested tables", filling("<table><tr><td>x")), HostilePage("nested ul", filling("<ul><li>x")),
        HostilePage("nested blockquote", filling("<blockquote>x")),
        HostilePage("nested details", filling("<details><summary>s</summary>")),
        HostilePage("nested dl", filling("<dl><dt>x<dd>")),
        HostilePage("nested tasks", filling("<ul><li><input type=checkbox>x")),
        HostilePage("quill", Array("<ol>".utf8) + filling("<li data-list=bullet class=ql-indent-8>x").dropLast(50)),
        HostilePage("word", filling("<p style='mso-list:l0 level9 lfo1'>x")),
        HostilePage(
            "word alternating",
            filling("<p style='mso-list:l0 level9 lfo1'>x<p style='mso-list:l1 level1 lfo1'>x")
        ),
        HostilePage("close tags", filling("</x>")), HostilePage("close p", filling("</p>")),
        HostilePage("mismatched", filling("<i><b></i></b>")),
        HostilePage("lt", filling("<")), HostilePage("amp", filling("&")),
        HostilePage("nul", [UInt8](repeating: 0, count: 1 << 20)),
        HostilePage("ff", [UInt8](repeating: 0xFF, count: 1 << 20)),
        HostilePage("lone surrogates", filling("<p>").dropLast(9) + [0xED, 0xA0, 0x80]),
        HostilePage("spaces", filling(" ")),
        HostilePage("text", filling("lorem ipsum ")),
        HostilePage("quote style", Array("<p style=\"".utf8) + filling("'").dropLast(99) + Array("\">x".utf8)),
        HostilePage("style", Array("<p style=\"".utf8) + filling("color:red;").dropLast(99) + Array("\">x".utf8)),
        HostilePage("styles", filling("<i style='a:(((((((('>x")),
        HostilePage("many styles", filling("<u style='color:rgb(1,2,3);font-weight:bold'>x</u>")),
        HostilePage("class words", Array("<div class=\"".utf8) + filling("a ").dropLast(99) + Array("\">x".utf8)),
        HostilePage("class divs", filling("<div class='a b c admonition'>x")),
        HostilePage("comment", Array("<!--".utf8) + filling("-").dropLast(99)),
        HostilePage("pre", Array("<pre>".utf8) + filling("\n").dropLast(99)),
        HostilePage("pre div", Array("<pre>".utf8) + filling("<div>x").dropLast(99)),
        HostilePage("unknown siblings", filling("<x-y>a</x-y>")),
        HostilePage("lozenges", filling("<span class=aui-lozenge>x</span>")),
        HostilePage("mentions", filling("<span data-mention=u1>x</span>")),
        HostilePage("katex", filling("<span class=katex-mathml>x</span>")),
        HostilePage("select", Array("<select>".utf8) + filling("<option>x").dropLast(99)),
        HostilePage("selects", filling("<select><option>x</select>")),
        HostilePage("images", filling("<img src=https://i.example>")),
        HostilePage("data image", Array("<img src=data:".utf8) + filling("A").dropLast(99) + Array(">".utf8)),
        HostilePage("long href", Array("<a href=https://".utf8) + filling("A").dropLast(99) + Array(">x</a>".utf8)),
        HostilePage(
            "long href on many words",
            Array("<a href=https://".utf8) + times("A", 500_000) + Array(">".utf8) + times("x<b>y</b>", 45_000)
        ),
        HostilePage(
            "long href on many images",
            Array("<a href=https://".utf8) + times("A", 300_000) + Array(">".utf8)
                + times("<img src=https://i.example>", 25_000)
        ),
        HostilePage(
            "many marks on many words",
            Array("<b><i><s><sub><font style='background:#ff0'>".utf8) + times("<u>x</u>y", 110_000)
        ),
        HostilePage("tables in ten lists", times("<ul><li>x", 10) + times("<table><td>x</table>y", 45_000)),
        HostilePage("tables in a quote", Array("<blockquote>".utf8) + times("<table><td>x</table>y", 45_000)),
        HostilePage("word levels down", filling((1...9).reversed().map(wordItem).joined())),
        HostilePage("word levels up", filling((1...9).map(wordItem).joined())),
        HostilePage("word deep lists", filling("\(wordItem(9))<p>y")),
        HostilePage("items of a list", Array("<ul>".utf8) + filling("<li>x").dropLast(9)),
        HostilePage("empty items of a list", Array("<ul>".utf8) + filling("<li>").dropLast(9)),
        HostilePage("empty tasks", Array("<ul>".utf8) + filling("<li><input type=checkbox>").dropLast(9)),
        HostilePage("empty cells", Array("<table>".utf8) + filling("<td>").dropLast(20)),
        HostilePage("empty tables", filling("<table><td></table>")),
        HostilePage("katex without text", filling("<span class=katex-mathml></span>")),
        HostilePage(
            "code in a long class",
            Array("<div class='".utf8) + times("a ", 250_000) + Array("'>".utf8) + times("<pre>x", 90_000)
        ),
        HostilePage(
            "open brackets in a style",
            Array("<p style=\"".utf8) + filling("a:(;").dropLast(99) + Array("\">x".utf8)
        ),
        HostilePage("attributes without end", Array("<p ".utf8) + numbered(120_000) { "a\($0) " }),
        HostilePage("ruby without ruby", filling("<rb>x")),
        HostilePage("option groups", filling("<optgroup>x")),
        HostilePage("rules between paragraphs", filling("<hr><x><p>x")),
        HostilePage("forms in forms", filling("<form><div></form>x")),
        HostilePage("end tags below svg", times("<svg>x", 128) + times("</a> for </p>", 79_000)),
        HostilePage("svg and end tags", filling("</p>\n</p>\n</p>\n<svg>x<svg>x<svg>x</a></a></a></a></a></a>")),
        HostilePage("lines of a textarea", Array("<textarea>x".utf8) + filling("x\n").dropLast(99)),
        HostilePage(
            "lines of pre-wrap",
            Array("<p style='white-space:pre-wrap'>x".utf8) + filling("x \n").dropLast(99)
        ),
        HostilePage("tabs of pre-wrap", Array("<p style='white-space:pre-wrap'>x".utf8) + filling("\t").dropLast(99)),
        HostilePage("title of svg", Array("<svg><title>".utf8) + filling("<g>").dropLast(12)),
        HostilePage("end of svg in cdata", filling("<svg><![CDATA[></svg>]]>x")),
        HostilePage("script in script", filling("<div><script><!--<script></script></div></script>")),
        HostilePage("annotations that hold html", filling("<math><annotation-xml encoding='text/html'><div>x")),
        HostilePage("text below 250 elements", times("<x>", 250) + Array("<b>".utf8) + times("a", 1_000_000)),
        HostilePage("formatting again and again", times("<code>x", 9) + times("<li>unordered item", 58_000)),
        HostilePage("end tags below open ones", times("<x>", 250) + times("</y>", 250_000)),
        HostilePage("nested tables in a cell", times("<table><tr><td>", 60) + times("<td>x", 200_000)),
        HostilePage("one word", filling("a")),
        HostilePage("quotation marks", filling("\"")),
        HostilePage("links", filling("<a href=/a>x</a><a href=/b>y</a>")), HostilePage("ruby", filling("<ruby>a<rt>b")),
        HostilePage("dialog", filling("<dialog>x")), HostilePage("template", filling("<template>")),
        HostilePage("numeric references", filling("&#99999999;")),
        HostilePage("over the limit", [UInt8](repeating: 0x61, count: (1 << 20) + 1)),
        HostilePage("sub sup", filling("<sub>x</sub><sup>y</sup>")), HostilePage("form", filling("<form>x")),
        HostilePage("button", filling("<button>x")), HostilePage("option", filling("<option>x")),
        HostilePage("h1", filling("<h1>x")),
        HostilePage("frameset", filling("<frameset>")), HostilePage("nobr", filling("<nobr>x")),
        HostilePage("cdata", Array("<svg>".utf8) + filling("<![CDATA[x]]>").dropLast(99)),
        HostilePage("caption", filling("<table><caption>x")),
    ]
}

/// What each hostile page may take: seconds of processor time, and bytes of the process that does nothing else.
private let hostileThreshold = (seconds: 0.1, bytes: 64_000_000)

/// Converts each hostile page, in every way and in a process of its own, and prints what it took.
///
/// - Parameter name: Converts this page only, in this process.
func runHostile(only name: String?) throws {
    guard let name else {
        let myself = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        var failed = 0
        for page in hostilePages() {
            let process = try Process.run(myself, arguments: ["hostile", page.name])
            process.waitUntilExit()
            if process.terminationStatus != 0 { failed += 1 }
        }
        print("\(hostilePages().count) pages, \(failed) over the threshold")
        if failed > 0 { exit(1) }
        return
    }
    guard let page = hostilePages().first(where: { $0.name == name }) else { return }
    let html = page.html()
    var worst = 0.0
    var outcome = ""
    for profile in [ADFConverter.Profile.full, .plain] {
        for length in [ADFConverter.LengthPolicy.cut(note: "cut"), .refuse] {
            let converter = ADFConverter(options: .init(profile: profile, length: length))
            var least = Double.infinity  // of three: what others do on the machine costs processor time too
            for _ in 0..<3 {
                let before = clock()
                let conversion = converter.convert(html)
                least = min(least, Double(clock() - before) / Double(CLOCKS_PER_SEC))
                if outcome.isEmpty { outcome = describe(conversion) }
            }
            worst = max(worst, least)
        }
    }
    let megabytes = Double(peakMemory() / 100_000) / 10
    print(name, "\((worst * 1000).rounded()) ms", "peak \(megabytes) MB", outcome, separator: "\t")
    if worst > hostileThreshold.seconds || peakMemory() > hostileThreshold.bytes { exit(1) }
}

private func describe(_ conversion: ADFConversion) -> String {
    let report = conversion.report
    return report.errorMessage ?? "\(conversion.document?.count ?? 0) bytes\(report.wasCut ? ", cut" : "")"
}

/// The most memory that this process had, bytes.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
}
