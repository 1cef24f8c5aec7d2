import ADF
import Testing

@Suite struct MarkTests {
    @Test("Marks go together as the format allows", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case("<b>a</b><strong>b</strong>", #"paragraph["ab"~strong]"#),
    Case("<i>a</i><em>b</em><cite>c</cite><dfn>d</dfn><var>e</var>", #"paragraph["abcde"~em]"#),
    Case("<u>a</u><ins>b</ins>", #"paragraph["ab"~underline]"#),
    Case("<s>a</s><strike>b</strike><del>c</del>", #"paragraph["abc"~strike]"#),
    Case("<code>a</code><kbd>b</kbd><samp>c</samp><tt>d</tt>", #"paragraph["abcd"~code]"#),
    Case("H<sub>2</sub>O<sup>3</sup>", #"paragraph["H", "2"~subsup(type: sub), "O", "3"~subsup(type: sup)]"#),
    Case("<sup>a<sub>b</sub></sup>", #"paragraph["a"~subsup(type: sup), "b"~subsup(type: sub)]"#),
    Case(
        #"<span style="font-weight:700">a</span><span style="font-weight:bold">b</span><span style="font-weight:500">c</span>"#,
        #"paragraph["ab"~strong, "c"]"#
    ),
    Case(#"<b style="font-weight:normal">a<span style="font-weight:600">b</span></b>"#, #"paragraph["a", "b"~strong]"#),
    Case(#"<b>a<span style="font-weight:400">b</span></b>"#, #"paragraph["a"~strong, "b"]"#),
    Case(#"<i style="font-style:normal">a</i><span style="font-style:italic">b</span>"#, #"paragraph["a", "b"~em]"#),
    Case(#"<span style="text-decoration:underline line-through">a</span>"#, #"paragraph["a"~strike~underline]"#),
    Case(#"<u style="text-decoration:none">a</u>"#, #"paragraph["a"]"#),
    Case(
        #"<span style="vertical-align:super">a</span><span style="vertical-align:sub">b</span>"#,
        #"paragraph["a"~subsup(type: sup), "b"~subsup(type: sub)]"#
    ),
    Case("<b><code>a</code></b>", #"paragraph["a"~code]"#),
    Case(#"<span style="color:red"><code>a</code></span>"#, #"paragraph["a"~code]"#),
    Case(#"<a href="https://e.example"><code>a</code></a>"#, #"paragraph["a"~link(href: https://e.example)~code]"#),
    Case("<b>a</b><b>b</b>", #"paragraph["ab"~strong]"#),
    Case("<b>a<i>b</i></b>", #"paragraph["a"~strong, "b"~em~strong]"#),
    Case("<b><p>a</p><p>b</p></b>", #"paragraph["a"~strong], paragraph["b"~strong]"#),
    Case(#"<span style="color:#f00">a</span>"#, #"paragraph["a"~textColor(color: #ff0000)]"#),
    Case(#"<span style="color:rgb(0, 128, 0)">a</span>"#, #"paragraph["a"~textColor(color: #008000)]"#),
    Case(#"<span style="color:rgba(0,0,255,.5)">a</span>"#, #"paragraph["a"~textColor(color: #0000ff)]"#),
    Case(#"<span style="color:rgba(0,0,255,0)">a</span>"#, #"paragraph["a"]"#),
    Case(#"<span style="color:hsl(120, 100%, 25%)">a</span>"#, #"paragraph["a"~textColor(color: #008000)]"#),
    Case(#"<span style="color:RebeccaPurple">a</span>"#, #"paragraph["a"~textColor(color: #663399)]"#),
    Case(
        "<font color=\"#123456\">a</font><font color=\"abc\">b</font>",
        #"paragraph["a"~textColor(color: #123456), "b"~textColor(color: #aabbcc)]"#
    ),
    Case(
        #"<span style="color:black">a</span><span style="color:windowtext">b</span><span style="color:inherit">c</span><span style="color:#000">d</span>"#,
        #"paragraph["abcd"]"#
    ),
    Case(
        #"<span style="color:red">a<span style="color:black">b</span></span>"#,
        #"paragraph["a"~textColor(color: #ff0000), "b"]"#
    ),
    Case(
        #"<span style="color:red"><a href="https://e.example">a</a>b</span>"#,
        #"paragraph["a"~link(href: https://e.example), "b"~textColor(color: #ff0000)]"#
    ),
    Case(#"<p style="color:red">a</p>"#, #"paragraph["a"~textColor(color: #ff0000)]"#),
    Case(#"<span style="color:rgb(100%, 0%, 0%) !important">a</span>"#, #"paragraph["a"~textColor(color: #ff0000)]"#),
    Case(#"<span style="color:no">a</span>"#, #"paragraph["a"]"#),
    Case(#"<span style="color:#12345678">a</span>"#, #"paragraph["a"~textColor(color: #123456)]"#),
    Case("<mark>a</mark>", #"paragraph["a"~backgroundColor(color: #f8e6a0)]"#),
    Case(#"<mark style="background-color:#0f0">a</mark>"#, #"paragraph["a"~backgroundColor(color: #00ff00)]"#),
    Case(#"<span style="background-color:yellow">a</span>"#, #"paragraph["a"~backgroundColor(color: #ffff00)]"#),
    Case(#"<span style="background:#ff0">a</span>"#, #"paragraph["a"~backgroundColor(color: #ffff00)]"#),
    Case(
        #"<span style="background-color:white">a</span><span style="background-color:transparent">b</span>"#,
        #"paragraph["ab"]"#
    ),
    Case(#"<div style="background-color:red">a</div>"#, #"paragraph["a"]"#),
    Case(
        #"<a href="https://e.example" style="background-color:yellow">a</a>"#,
        #"paragraph["a"~link(href: https://e.example)~backgroundColor(color: #ffff00)]"#
    ),
    Case("<q>a</q>", #"paragraph["“a”"]"#),
    Case(#"<abbr title="x">a</abbr>"#, #"paragraph["a"]"#),
    Case("<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>", #"paragraph["a(b)"]"#),
    Case(#"<time datetime="2020">a</time>"#, #"paragraph["a"]"#),
    Case("a<wbr>b", #"paragraph["ab"]"#),
    Case("<small>a</small><big>b</big>", #"paragraph["ab"]"#),
    Case("a<rt>b</rt>", #"paragraph["ab"]"#),
]
