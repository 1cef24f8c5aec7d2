import ADF
import Testing

@Suite struct WhitespaceTests {
    @Test("White space is as a browser shows it", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case("<p>  a   b\n\tc </p>", #"paragraph["a b c"]"#),
    Case("<p>a<b> b</b> <i> c</i></p>", #"paragraph["a", " b"~strong, " ", "c"~em]"#),
    Case("<p><b>a </b>b</p>", #"paragraph["a "~strong, "b"]"#),
    Case("<p>a</p> <p>b</p>", #"paragraph["a"], paragraph["b"]"#),
    Case("<b>a</b> <b>b</b>", #"paragraph["a"~strong, " ", "b"~strong]"#),
    Case("<p>a\u{a0} b\u{a0}</p>", "paragraph[\"a\u{a0} b\u{a0}\"]"),
    Case("<p>a\u{200b}b\u{ad}c\u{feff}d</p>", "paragraph[\"a\u{200b}b\u{ad}cd\"]"),
    Case("<p>&amp;lt;b&amp;gt; &lt;i&gt;</p>", #"paragraph["&lt;b&gt; <i>"]"#),
    Case("<p>\u{1}a\u{7f}b\u{80}c</p>", #"paragraph["abc"]"#),
    Case("<p>a\u{2028}b</p>", "paragraph[\"a\u{2028}b\"]"),
    Case(#"<p dir="rtl">שלום <b>עולם</b></p>"#, #"paragraph["שלום ", "עולם"~strong]"#),
    Case("<p>😀👨\u{200d}👩\u{200d}👧</p>", "paragraph[\"😀👨\u{200d}👩\u{200d}👧\"]"),
    Case("<p style=\"white-space:pre-wrap\">a\n  b\tc</p>", #"paragraph["a", hardBreak, "  b    c"]"#),
    Case("<p style=\"white-space:pre-line\">a\n  b   c</p>", #"paragraph["a", hardBreak, "b c"]"#),
    Case("<p style=\"white-space:nowrap\">a\n b</p>", #"paragraph["a b"]"#),
    Case(#"<span style="white-space:pre">a </span><span style="white-space:pre">b</span>"#, #"paragraph["a b"]"#),
    Case("<div style=\"white-space:pre-wrap\">\n<p>a</p>\n<p>b</p>\n</div>", #"paragraph["a"], paragraph["b"]"#),
    Case("<p><span>a</span> <span> </span> <span>b</span></p>", #"paragraph["a b"]"#),
    Case("a<!-- x -->b", #"paragraph["ab"]"#),
    Case("a<span> </span>b", #"paragraph["a b"]"#),
    Case("<p>a<span hidden>x</span>b</p>", #"paragraph["ab"]"#),
    Case("<p>&#xD800;&#1114112;&#0;</p>", "paragraph[\"\u{fffd}\u{fffd}\u{fffd}\"]"),
    Case("<p>a&nbsp;</p><p>&nbsp;</p><p>b</p>", "paragraph[\"a\u{a0}\"], paragraph[\"\u{a0}\"], paragraph[\"b\"]"),
    Case("<td>a</td>\n<td>b</td>", #"paragraph["a b"]"#),
    Case(
        "<p><b>a<br>b</b><br><i><br></i>c <br></p>",
        #"paragraph["a"~strong, hardBreak, "b"~strong, hardBreak, hardBreak, "c"]"#
    ),
    Case(
        "<p style='white-space:pre-wrap'>a  \n\n b \n</p><p>c</p>",
        #"paragraph["a", hardBreak, hardBreak, " b"], paragraph["c"]"#
    ),
    Case(
        "<p style='white-space:pre-wrap'>a\(String(repeating: "\t", count: 20))b</p>",
        "paragraph[\"a\(String(repeating: " ", count: 80))b\"]"
    ),
    Case("<p>a<br>\n b</p>", #"paragraph["a", hardBreak, "b"]"#),
]
