import ADF
import Testing

@Suite struct ListTests {
    @Test("Lists keep their nesting, and give way to what cannot stand in them", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case("<ul><li>a</li><li>b</li></ul>", #"bulletList[listItem[paragraph["a"]], listItem[paragraph["b"]]]"#),
    Case("<ol><li>a</li></ol>", #"orderedList[listItem[paragraph["a"]]]"#),
    Case(#"<ol start="5"><li>a</li></ol>"#, #"orderedList(order: 5)[listItem[paragraph["a"]]]"#),
    Case(#"<ol start="0"><li>a</li></ol>"#, #"orderedList(order: 0)[listItem[paragraph["a"]]]"#),
    Case(#"<ol start="-3"><li>a</li></ol>"#, #"orderedList[listItem[paragraph["a"]]]"#),
    Case(#"<ol start="x"><li value="7">a</li></ol>"#, #"orderedList[listItem[paragraph["a"]]]"#),
    Case("<menu><li>a</menu>", #"bulletList[listItem[paragraph["a"]]]"#),
    Case("<ul></ul>", ""),
    Case("<ul><li></li></ul>", "bulletList[listItem[paragraph[]]]"),
    Case("<ul><li><p>a</p><p>b</p></li></ul>", #"bulletList[listItem[paragraph["a"], paragraph["b"]]]"#),
    Case(
        "<ul><li>a<ul><li>b<ol><li>c</ol></ul></ul>",
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph["b"], orderedList[listItem[paragraph["c"]]]]]]]"#
    ),
    Case(
        "<ul><li>a</li><ul><li>b</li></ul></ul>",
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph["b"]]]]]"#
    ),
    Case("<ul><ul><li>a</li></ul></ul>", #"bulletList[listItem[paragraph[], bulletList[listItem[paragraph["a"]]]]]"#),
    Case(
        "<ul>a<li>b</li>c<p>d</p></ul>",
        #"bulletList[listItem[paragraph["a"]], listItem[paragraph["b"], paragraph["c"], paragraph["d"]]]"#
    ),
    Case("<ul><p>a</p></ul>", #"bulletList[listItem[paragraph["a"]]]"#),
    Case(
        "<li>a</li><li>b</li><p>c</p><li>d</li>",
        #"bulletList[listItem[paragraph["a"]], listItem[paragraph["b"]]], paragraph["c"], bulletList[listItem[paragraph["d"]]]"#
    ),
    Case("<ul><li><h3>a <code>b</code></h3></li></ul>", #"bulletList[listItem[paragraph["a "~strong, "b"~code]]]"#),
    Case("<ul><li><blockquote>a</blockquote></li></ul>", #"bulletList[listItem[paragraph["a"]]]"#),
    Case("<ul><li>a<hr>b</li></ul>", #"bulletList[listItem[paragraph["a"], paragraph["b"]]]"#),
    Case("<ul><li><pre>a</pre>b</li></ul>", #"bulletList[listItem[codeBlock["a"], paragraph["b"]]]"#),
    Case(
        "<ul><li><ul><li>a</li></ul>b</li></ul>",
        #"bulletList[listItem[paragraph[], bulletList[listItem[paragraph["a"]]], paragraph["b"]]]"#
    ),
    Case(
        #"<ul><li><img src="https://i.example/p.png">a</li></ul>"#,
        #"bulletList[listItem[mediaSingle[media(url: https://i.example/p.png)], paragraph["a"]]]"#
    ),
    Case(
        "<ul><li><details><summary>a</summary>b</details></li></ul>",
        #"bulletList[listItem[paragraph["a"~strong], paragraph["b"]]]"#
    ),
    Case(
        "<ol><li>a<table><tr><td>b</td></tr></table></li><li>c</li></ol>",
        #"orderedList[listItem[paragraph["a"]]], table[tableRow[tableCell[paragraph["b"]]]], orderedList(order: 2)[listItem[paragraph["c"]]]"#
    ),
    Case("<ol><li><table><tr><td>b</td></tr></table></li></ol>", #"table[tableRow[tableCell[paragraph["b"]]]]"#),
    Case(
        #"<ol start="4"><li>a</li><li>b<table><tr><td>c</td></tr></table>d</li><li>e</li></ol>"#,
        #"orderedList(order: 4)[listItem[paragraph["a"]], listItem[paragraph["b"]]], table[tableRow[tableCell[paragraph["c"]]]], orderedList(order: 5)[listItem[paragraph["d"]], listItem[paragraph["e"]]]"#
    ),
    Case(
        "<ul><li>a<ol><li>b<table><tr><td>c</td></tr></table></li><li>d</li></ol></li></ul>",
        #"bulletList[listItem[paragraph["a"], orderedList[listItem[paragraph["b"]]]]], table[tableRow[tableCell[paragraph["c"]]]], bulletList[listItem[paragraph[], orderedList(order: 2)[listItem[paragraph["d"]]]]]"#
    ),
    Case(
        #"<ul><li><div class="admonition note"><p class="admonition-title">N</p>a</div></li></ul>"#,
        #"bulletList[listItem[paragraph["N"~strong], paragraph["a"]]]"#
    ),
    Case("<b><ul><li>a</li></ul></b>", #"bulletList[listItem[paragraph["a"~strong]]]"#),
    Case("<ul><b>a</b> <i>b</i></ul>", #"bulletList[listItem[paragraph["a"~strong, " ", "b"~em]]]"#),
    Case(
        #"<ul><a href="https://e.example">a</a><a href="https://f.example">b</a></ul>"#,
        #"bulletList[listItem[paragraph["a"~link(href: https://e.example), "b"~link(href: https://f.example)]]]"#
    ),
    Case(
        "<ul><li>1<ul><li>2<ul><li>3<ul><li>4<ul><li>5<ul><li>6<ul><li>7<ul><li>8<ul><li>9<ul><li>10<ul><li>11<ul><li>12</ul><li>11b</ul><li>10b</ul></ul></ul></ul></ul></ul></ul></ul></ul></ul>",
        #"bulletList[listItem[paragraph["1"], bulletList[listItem[paragraph["2"], bulletList[listItem[paragraph["3"], bulletList[listItem[paragraph["4"], bulletList[listItem[paragraph["5"], bulletList[listItem[paragraph["6"], bulletList[listItem[paragraph["7"], bulletList[listItem[paragraph["8"], bulletList[listItem[paragraph["9"], bulletList[listItem[paragraph["10"]], listItem[paragraph["11"]], listItem[paragraph["12"]], listItem[paragraph["11b"]], listItem[paragraph["10b"]]]]]]]]]]]]]]]]]]]]]"#
    ),
]
