import ADF
import Testing

@Suite struct LinkTests {
    @Test("Links, mentions and lozenges", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(#"<a href="https://e.example/?a=1&amp;b=2">a</a>"#, #"paragraph["a"~link(href: https://e.example/?a=1&b=2)]"#),
    Case(
        #"<a href="http://e.example">a</a> <a href="mailto:a@b.example">b</a> <a href="tel:+1">c</a>"#,
        #"paragraph["a"~link(href: http://e.example), " ", "b"~link(href: mailto:a@b.example), " ", "c"~link(href: tel:+1)]"#
    ),
    Case(#"<a href="HTTPS://E.example">a</a>"#, #"paragraph["a"~link(href: HTTPS://E.example)]"#),
    Case("<a href=\" https://e.example/\n\ta \">a</a>", #"paragraph["a"~link(href: https://e.example/a)]"#),
    Case(
        "<a href=\"/a\">a</a><a href=\"#b\">b</a><a href=\"//c\">c</a>",
        #"paragraph["a"~link(href: /a), "b"~link(href: #b), "c"~link(href: //c)]"#
    ),
    Case(#"<a href="a.html">a</a><a href="">b</a><a>c</a><a href="?x">d</a>"#, #"paragraph["abcd"]"#),
    Case(
        "<a href=\"javascript:a()\">a</a><a href=\"JaVaScRiPt:a()\">b</a><a href=\"java\tscript:a()\">c</a><a href=\"\u{1}javascript:a()\">d</a>",
        #"paragraph["abcd"]"#
    ),
    Case(
        #"<a href="data:text/html,a">a</a><a href="vbscript:a">b</a><a href="blob:a">c</a><a href="odd:a">d</a>"#,
        #"paragraph["abcd"]"#
    ),
    Case(
        #"<a href="slack://a">a</a><a href="git:b">b</a><a href="file:///c">c</a><a href="urn:d">d</a>"#,
        #"paragraph["a"~link(href: slack://a), "b"~link(href: git:b), "c"~link(href: file:///c), "d"~link(href: urn:d)]"#
    ),
    Case(#"<a href="https://e.example"></a>b"#, #"paragraph["b"]"#),
    Case(
        #"<a href="https://e.example"><p>a</p><p>b</p></a>"#,
        #"paragraph["a"~link(href: https://e.example)], paragraph["b"~link(href: https://e.example)]"#
    ),
    Case(
        #"<a href="https://e.example"><b>a</b>b</a>"#,
        #"paragraph["a"~link(href: https://e.example)~strong, "b"~link(href: https://e.example)]"#
    ),
    Case(
        #"<a href="https://e.example">a</a><a href="https://e.example">b</a>"#,
        #"paragraph["ab"~link(href: https://e.example)]"#
    ),
    Case(
        #"<a href="https://e.example"><u>a</u></a><a href="https://e.example" style="text-decoration:underline">b</a>"#,
        #"paragraph["a"~link(href: https://e.example)~underline, "b"~link(href: https://e.example)]"#
    ),
    Case(
        #"<a href="https://e.example">a<a href="https://f.example">b</a></a>"#,
        #"paragraph["a"~link(href: https://e.example), "b"~link(href: https://f.example)]"#
    ),
    Case("<a href=\"https://e.example/ü \\\">a</a>", "paragraph[\"a\"~link(href: https://e.example/ü \\)]"),
    Case(#"<span data-mention="u1">@Ann</span>"#, "paragraph[mention(id: u1, text: @Ann)]"),
    Case(
        #"<span data-type="mention" data-id="u1" data-label="Ann">Ann</span>"#,
        "paragraph[mention(id: u1, text: @Ann)]"
    ),
    Case(#"<span class="mention" data-id="u9">@Bob</span>"#, #"paragraph["@Bob"]"#),
    Case(
        #"<a class="user-hover" href="https://j.example/u?accountId=u1" data-account-id="u1">Ann</a>"#,
        "paragraph[mention(id: u1, text: @Ann)]"
    ),
    Case(
        #"<a class="user-hover" href="https://j.example/u?accountId=u1&x=1">Ann</a>"#,
        "paragraph[mention(id: u1, text: @Ann)]"
    ),
    Case(
        #"<a class="user-hover" rel="u9" href="https://j.example/u9">Bob</a>"#,
        #"paragraph["Bob"~link(href: https://j.example/u9)]"#
    ),
    Case(
        #"<a href="https://e.example"><span data-mention="u1">@Ann</span></a>"#,
        #"paragraph["@Ann"~link(href: https://e.example)]"#
    ),
    Case(#"<span class="aui-lozenge aui-lozenge-success">DONE</span>"#, "paragraph[status(color: green, text: DONE)]"),
    Case(#"<span class="aui-lozenge">a <b>b</b></span>"#, "paragraph[status(color: neutral, text: a b)]"),
    Case(
        #"<span class="status-macro aui-lozenge aui-lozenge-error aui-lozenge-visual-refresh">NO</span>"#,
        "paragraph[status(color: red, text: NO)]"
    ),
    Case(
        #"a<span class="aui-lozenge"> b </span>c"#,
        #"paragraph["a ", status(color: neutral, text: b), " c"]"#
    ),
    Case(#"<span class="aui-lozenge"></span>a"#, #"paragraph["a"]"#),
    Case(
        #"<a href="https://e.example"><span class="aui-lozenge">a</span></a>"#,
        #"paragraph["a"~link(href: https://e.example)]"#
    ),
    Case(#"<span data-id="5">a</span>"#, #"paragraph["a"]"#),
]
