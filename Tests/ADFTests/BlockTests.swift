import ADF
import Testing

@Suite struct BlockTests {
    @Test("Blocks become blocks", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case("<p>a</p><p>b</p>", #"paragraph["a"], paragraph["b"]"#),
    Case("<div>a<p>b</p>c</div>", #"paragraph["a"], paragraph["b"], paragraph["c"]"#),
    Case("loose", #"paragraph["loose"]"#),
    Case("<section><article>a</article></section><aside>b</aside>", #"paragraph["a"], paragraph["b"]"#),
    Case("a<address>b</address>c", #"paragraph["a"], paragraph["b"], paragraph["c"]"#),
    Case("<center>a</center>", #"paragraph~alignment(align: center)["a"]"#),
    Case("<p>a</p><p></p><p>b</p>", #"paragraph["a"], paragraph[], paragraph["b"]"#),
    Case("<p></p><p>a</p><p></p>", #"paragraph["a"]"#),
    Case("<p>a</p><p><br></p><p><br></p><p>b</p>", #"paragraph["a"], paragraph[], paragraph["b"]"#),
    Case("<p>a</p><br><br><p>b</p>", #"paragraph["a"], paragraph[], paragraph["b"]"#),
    Case("<div>a</div><div><br></div><div>b</div>", #"paragraph["a"], paragraph[], paragraph["b"]"#),
    Case("<p>a<br>b</p>", #"paragraph["a", hardBreak, "b"]"#),
    Case("<p>a<br></p>", #"paragraph["a"]"#),
    Case("<p>a<br><br>b</p>", #"paragraph["a", hardBreak, hardBreak, "b"]"#),
    Case("<p>a <br> b</p>", #"paragraph["a", hardBreak, "b"]"#),
    Case("<p>a<br/><br/></p>", #"paragraph["a", hardBreak]"#),
    Case("<h1>a</h1><h6>b</h6>", #"heading(level: 1)["a"], heading(level: 6)["b"]"#),
    Case("<h2></h2><p>a</p>", #"paragraph["a"]"#),
    Case("<h1> <br> </h1>", ""),
    Case("<h3><a id=\"x\" href=\"#x\"><svg></svg></a>Title</h3>", #"heading(level: 3)["Title"]"#),
    Case("<h1>a<br>b</h1>", #"heading(level: 1)["a", hardBreak, "b"]"#),
    Case("<h2><p>a</p><p>b</p></h2>", #"heading(level: 2)["a"], heading(level: 2)["b"]"#),
    Case("<h1>a<ul><li>b</li></ul></h1>", #"heading(level: 1)["a"], bulletList[listItem[paragraph["b"]]]"#),
    Case("<h2>a<pre>b\nc</pre></h2>", #"heading(level: 2)["a"], heading(level: 2)["b"~code, hardBreak, "c"~code]"#),
    Case(
        #"<h2>T <img src="https://i.example/p.png"></h2>"#,
        #"heading(level: 2)["T ", "p.png"~link(href: https://i.example/p.png)]"#
    ),
    Case("<hr>", "rule"),
    Case("<p>a<hr>b", #"paragraph["a"], rule, paragraph["b"]"#),
    Case(
        #"<div class="page-break" style="page-break-after:always"><span style="display:none">&nbsp;</span></div>"#,
        "rule"
    ),
    Case(#"a<section class="page-break">b</section>"#, #"paragraph["a"], rule, paragraph["b"]"#),
    Case("<blockquote>a</blockquote>", #"blockquote[paragraph["a"]]"#),
    Case("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", #"blockquote[paragraph["a"], paragraph["b"]]"#),
    Case("<blockquote><h2>a <code>b</code></h2></blockquote>", #"blockquote[paragraph["a "~strong, "b"~code]]"#),
    Case("<blockquote>a<hr>b</blockquote>", #"blockquote[paragraph["a"], paragraph["b"]]"#),
    Case("<blockquote></blockquote>", ""),
    Case(
        "<blockquote><ul><li>a</li></ul><pre>b</pre></blockquote>",
        #"blockquote[bulletList[listItem[paragraph["a"]]], codeBlock["b"]]"#
    ),
    Case(
        "<dl><dt>a</dt><dd>b</dd><dd><p>c</p><ul><li>d</li></ul></dd></dl>",
        #"paragraph["a"~strong], paragraph["b"], paragraph["c"], bulletList[listItem[paragraph["d"]]]"#
    ),
    Case(
        #"<dl><dt><img src="https://i.example/p.png" alt="pic"></dt></dl>"#,
        #"paragraph["pic"~link(href: https://i.example/p.png)~strong]"#
    ),
    Case(
        #"<figure><img src="https://i.example/p.png"><figcaption>c <b>d</b></figcaption></figure>"#,
        #"mediaSingle[media(url: https://i.example/p.png)], paragraph["c "~em, "d"~em~strong]"#
    ),
    Case(
        "<figure><blockquote>a</blockquote><figcaption>b</figcaption></figure>",
        #"blockquote[paragraph["a"]], paragraph["b"~em]"#
    ),
    Case("<form><fieldset><legend>l</legend>a</fieldset></form>", #"paragraph["l"], paragraph["a"]"#),
    Case("<form>a</form>b", #"paragraph["a"], paragraph["b"]"#),
    Case("<form>a<form>b</form>c</form>d", #"paragraph["ab"], paragraph["cd"]"#),
    Case("<form style='display:none'>a</form>b", #"paragraph["b"]"#),
    Case("<dialog><p>a</dialog>b", #"paragraph["a"], paragraph["b"]"#),
    Case("<x-box>a<p>b</p>c</x-box>d", #"paragraph["a"], paragraph["b"], paragraph["c"], paragraph["d"]"#),
    Case("<x-in>a</x-in>b", #"paragraph["ab"]"#),
    Case("a<nav>b</nav>", #"paragraph["a"], paragraph["b"]"#),
    Case("<p>a<section>b", #"paragraph["a"], paragraph["b"]"#),
    Case(#"<p style="display:none">a</p><p hidden>b</p><p style="mso-hide:all">c</p><p>d</p>"#, #"paragraph["d"]"#),
    Case(
        #"<span style="display:block">a</span><span style="display:block">b</span>"#,
        #"paragraph["a"], paragraph["b"]"#
    ),
    Case(
        "<!-- a --><?php b ?><p>c</p><script>d</script><style>e</style><template>f</template><noscript>g</noscript>",
        #"paragraph["c"]"#
    ),
    Case("<html><head><title>t</title></head><body>b</body></html>", #"paragraph["b"]"#),
    Case(
        #"<p align="center">a</p><p style="text-align:right">b</p><p style="text-align:justify">c</p>"#,
        #"paragraph~alignment(align: center)["a"], paragraph~alignment(align: end)["b"], paragraph["c"]"#
    ),
    Case(#"<ul><li style="text-align:center">a</li></ul>"#, #"bulletList[listItem[paragraph["a"]]]"#),
    Case(
        #"<div style="text-align:center"><h2>a</h2><table><tr><td style="text-align:left">b<td>c</table></div>"#,
        #"heading(level: 2)~alignment(align: center)["a"], table[tableRow[tableCell[paragraph["b"]], tableCell[paragraph~alignment(align: center)["c"]]]]"#
    ),
]
