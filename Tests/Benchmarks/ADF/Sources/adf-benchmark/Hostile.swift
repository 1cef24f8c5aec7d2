import ADF
import Foundation

/// Pages made to hurt, each with a name.
let hostilePages: [(name: String, html: [UInt8])] = {
    func times(_ text: String, _ count: Int) -> [UInt8] { Array(String(repeating: text, count: count).utf8) }
    func numbered(_ count: Int, _ body: (Int) -> String) -> [UInt8] { Array((0..<count).map(body).joined().utf8) }
    /// As often as fits.
    func filling(_ text: String) -> [UInt8] { times(text, (1 << 20) / text.utf8.count) }
    return [
        ("300,000 unclosed b", times("<b>", 300_000)),
        ("300,000 unclosed i and a word", times("<i>", 300_000) + Array("word".utf8)),
        ("unclosed div", filling("<div>")),
        ("unclosed unknown", filling("<x>")),
        ("unclosed svg g", Array("<svg>".utf8) + times("<g>", 300_000)),
        ("math desc style g", Array("<math><desc><style>".utf8) + times("<g>", 300_000)),
        ("select plaintext b", Array("<select><plaintext></select>".utf8) + times("<b>", 300_000)),
        ("50,000 attributes", Array("<p ".utf8) + numbered(50_000) { "a\($0)=1 " } + Array(">x</p>".utf8)),
        ("255 attributes a tag", numbered(900) { tag in "<p \((0..<255).map { "a\($0)=\(tag) " }.joined())>x" }),
        ("b id p", numbered(10_000) { "<b id=\($0)><p>" }),
        ("b id p, filling", numbered(70_000) { "<b id=\($0)><p>" }),
        (
            "b id nine divs",
            numbered(9_000) {
                "<b id=\($0)>\(String(repeating: "<div>", count: 9))</b>\(String(repeating: "</div>", count: 9))"
            }
        ),
        ("font table", numbered(30_000) { "<font id=\($0)><table><td>" }),
        ("a href p", numbered(30_000) { "<a href=https://e.example/\($0)><p>x" }),
        ("p", filling("<p>")), ("p x", filling("<p>x")), ("br", filling("<br>x")), ("li", filling("<li>x")),
        ("td", Array("<table>".utf8) + filling("<td>x").dropLast(20)),
        ("tr td", Array("<table>".utf8) + filling("<tr><td>x").dropLast(20)),
        ("colspan", Array("<table>".utf8) + filling("<tr><td colspan=1000>").dropLast(30)),
        ("rowspan", Array("<table>".utf8) + filling("<td rowspan=1000 colspan=9>x").dropLast(30)),
        ("rowspan rows", Array("<table>".utf8) + filling("<tr><td rowspan=1000 colspan=100>x").dropLast(40)),
        ("nested tables", filling("<table><tr><td>x")), ("nested ul", filling("<ul><li>x")),
        ("nested blockquote", filling("<blockquote>x")),
        ("nested details", filling("<details><summary>s</summary>")), ("nested dl", filling("<dl><dt>x<dd>")),
        ("nested tasks", filling("<ul><li><input type=checkbox>x")),
        ("quill", Array("<ol>".utf8) + filling("<li data-list=bullet class=ql-indent-8>x").dropLast(50)),
        ("word", filling("<p style='mso-list:l0 level9 lfo1'>x")),
        ("word alternating", filling("<p style='mso-list:l0 level9 lfo1'>x<p style='mso-list:l1 level1 lfo1'>x")),
        ("close tags", filling("</x>")), ("close p", filling("</p>")), ("mismatched", filling("<i><b></i></b>")),
        ("lt", filling("<")), ("amp", filling("&")), ("nul", [UInt8](repeating: 0, count: 1 << 20)),
        ("ff", [UInt8](repeating: 0xFF, count: 1 << 20)),
        ("lone surrogates", filling("<p>").dropLast(9) + [0xED, 0xA0, 0x80]), ("spaces", filling(" ")),
        ("text", filling("lorem ipsum ")),
        ("quote style", Array("<p style=\"".utf8) + filling("'").dropLast(99) + Array("\">x".utf8)),
        ("style", Array("<p style=\"".utf8) + filling("color:red;").dropLast(99) + Array("\">x".utf8)),
        ("styles", filling("<i style='a:(((((((('>x")),
        ("many styles", filling("<u style='color:rgb(1,2,3);font-weight:bold'>x</u>")),
        ("class words", Array("<div class=\"".utf8) + filling("a ").dropLast(99) + Array("\">x".utf8)),
        ("class divs", filling("<div class='a b c admonition'>x")),
        ("comment", Array("<!--".utf8) + filling("-").dropLast(99)),
        ("pre", Array("<pre>".utf8) + filling("\n").dropLast(99)),
        ("pre div", Array("<pre>".utf8) + filling("<div>x").dropLast(99)),
        ("unknown siblings", filling("<x-y>a</x-y>")), ("lozenges", filling("<span class=aui-lozenge>x</span>")),
        ("mentions", filling("<span data-mention=u1>x</span>")),
        ("katex", filling("<span class=katex-mathml>x</span>")),
        ("select", Array("<select>".utf8) + filling("<option>x").dropLast(99)),
        ("selects", filling("<select><option>x</select>")),
        ("images", filling("<img src=https://i.example>")),
        ("data image", Array("<img src=data:".utf8) + filling("A").dropLast(99) + Array(">".utf8)),
        ("long href", Array("<a href=https://".utf8) + filling("A").dropLast(99) + Array(">x</a>".utf8)),
        ("links", filling("<a href=/a>x</a><a href=/b>y</a>")), ("ruby", filling("<ruby>a<rt>b")),
        ("dialog", filling("<dialog>x")), ("template", filling("<template>")),
        ("numeric references", filling("&#99999999;")),
        ("over the limit", [UInt8](repeating: 0x61, count: (1 << 20) + 1)),
        ("sub sup", filling("<sub>x</sub><sup>y</sup>")), ("form", filling("<form>x")),
        ("button", filling("<button>x")), ("option", filling("<option>x")), ("h1", filling("<h1>x")),
        ("frameset", filling("<frameset>")), ("nobr", filling("<nobr>x")),
        ("cdata", Array("<svg>".utf8) + filling("<![CDATA[x]]>").dropLast(99)),
        ("caption", filling("<table><caption>x")),
    ]
}()

/// Converts each hostile page and prints what it took.
func runHostile() throws {
    var worst = 0.0
    for (name, html) in hostilePages {
        for profile in [ADFConverter.Profile.full, .plain] {
            let converter = ADFConverter(options: .init(profile: profile, length: .cut(note: "cut")))
            let before = Double(clock()) / Double(CLOCKS_PER_SEC)
            let conversion = converter.convert(html)
            let took = Double(clock()) / Double(CLOCKS_PER_SEC) - before
            worst = max(worst, took)
            if profile == .full || took > 0.1 {
                let outcome = conversion.report.errorMessage ?? "\(conversion.document?.count ?? 0) bytes"
                print(name, "\((took * 1000).rounded()) ms", "peak \(peakMemory() >> 20) MiB", outcome, separator: "\t")
            }
        }
    }
    print("worst", "\((worst * 1000).rounded()) ms", "peak \(peakMemory() >> 20) MiB", separator: "\t")
}

/// The most memory that this process had, bytes.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
}
