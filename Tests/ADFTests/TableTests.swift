import ADF
import Testing

@Suite struct TableTests {
    @Test("Tables keep their cells, wherever they stand", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(
        "<table><tr><th>a</th><td>b</td></tr></table>",
        #"table[tableRow[tableHeader[paragraph["a"]], tableCell[paragraph["b"]]]]"#
    ),
    Case(
        "<table><thead><tr><th>a<tbody><tr><td>b<tfoot><tr><td>c</table>",
        #"table[tableRow[tableHeader[paragraph["a"]]], tableRow[tableCell[paragraph["b"]]], tableRow[tableCell[paragraph["c"]]]]"#
    ),
    Case(
        "<table><caption>c <b>d</b></caption><tr><td>a</table>",
        #"paragraph["c ", "d"~strong], table[tableRow[tableCell[paragraph["a"]]]]"#
    ),
    Case("<table></table><table><tr></tr></table>", ""),
    Case(
        "<table><tr><td></td><td> </td></tr></table>",
        "table[tableRow[tableCell[paragraph[]], tableCell[paragraph[]]]]"
    ),
    Case(
        #"<table><tr><td colspan="2">a</td></tr><tr><td>b<td>c</table>"#,
        #"table[tableRow[tableCell(colspan: 2)[paragraph["a"]]], tableRow[tableCell[paragraph["b"]], tableCell[paragraph["c"]]]]"#
    ),
    Case(
        #"<table><tr><td colspan="x">a<td colspan="-1">b<td colspan="0">c<td rowspan="1001">d</table>"#,
        #"table[tableRow[tableCell[paragraph["a"]], tableCell[paragraph["b"]], tableCell[paragraph["c"]], tableCell[paragraph["d"]]]]"#
    ),
    Case(
        #"<table><tr><td rowspan="5">a<td>b<tr><td>c</table>"#,
        #"table[tableRow[tableCell(rowspan: 2)[paragraph["a"]], tableCell[paragraph["b"]]], tableRow[tableCell[paragraph["c"]]]]"#
    ),
    Case(#"<table><tr><td colspan="9">a</table>"#, #"table[tableRow[tableCell[paragraph["a"]]]]"#),
    Case(
        #"<table><thead><tr><th rowspan="3">a<th>b<tbody><tr><td>c<td>d</table>"#,
        #"table[tableRow[tableHeader[paragraph["a"]], tableHeader[paragraph["b"]]], tableRow[tableCell[paragraph["c"]], tableCell[paragraph["d"]]]]"#
    ),
    Case(
        #"<table><tr><td rowspan="3">a<td>b<tr></tr><tr><td>c</table>"#,
        #"table[tableRow[tableCell(rowspan: 2)[paragraph["a"]], tableCell[paragraph["b"]]], tableRow[tableCell[paragraph["c"]]]]"#
    ),
    Case(
        "<table><tr><td>a<table><tr><th>b<td>c<tr><td>d<td>e</table>f<td>g</table>",
        #"table[tableRow[tableCell[paragraph["a"], paragraph["b"~strong, " | c"], paragraph["d | e"], paragraph["f"]], tableCell[paragraph["g"]]]]"#
    ),
    Case(
        "<table><tr><td>x<td><table><tr><td>a<tr><td><p>b</p><p>c</p></table></table>",
        #"table[tableRow[tableCell[paragraph["x"]], tableCell[paragraph["a"], paragraph["b"], paragraph["c"]]]]"#
    ),
    Case(
        "<table><tr><td>x<td><table><tr><td>a<ul><li>b<li>c</ul><td><pre>d\ne</pre><img src=\"https://i.example/p.png\" alt=\"pic\"></table></table>",
        #"table[tableRow[tableCell[paragraph["x"]], tableCell[paragraph["a", hardBreak, "b", hardBreak, "c | ", "d"~code, hardBreak, "e"~code, hardBreak, "pic"~link(href: https://i.example/p.png)]]]]"#
    ),
    Case(
        "<table><tr><td><table><tr><td>a<td>b</table></table>",
        #"table[tableRow[tableCell[paragraph["a"]], tableCell[paragraph["b"]]]]"#
    ),
    Case(
        "<table><tr><td>text<table><tr><td>a<td>b</table></table>",
        #"paragraph["text"], table[tableRow[tableCell[paragraph["a"]], tableCell[paragraph["b"]]]]"#
    ),
    Case(
        "<table><tr><td><h2>a</h2><ul><li>b</ul><hr><blockquote>c</blockquote><pre>d</pre></table>",
        #"table[tableRow[tableCell[heading(level: 2)["a"], bulletList[listItem[paragraph["b"]]], rule, blockquote[paragraph["c"]], codeBlock["d"]]]]"#
    ),
    Case("<table>a<tr><td>b</table>", #"paragraph["a"], table[tableRow[tableCell[paragraph["b"]]]]"#),
    Case("<table><tr>a<td>b</table>", #"paragraph["a"], table[tableRow[tableCell[paragraph["b"]]]]"#),
    Case("<td>a</td><td>b</td>", #"paragraph["ab"]"#),
    Case(
        "<blockquote>a<table><tr><td>b</table>c</blockquote>",
        #"blockquote[paragraph["a"]], table[tableRow[tableCell[paragraph["b"]]]], blockquote[paragraph["c"]]"#
    ),
    Case("<table><colgroup><col><col></colgroup><tr><td>a</table>", #"table[tableRow[tableCell[paragraph["a"]]]]"#),
    Case(
        "<p>a<table><tr><td>b</table>c",
        #"paragraph["a"], table[tableRow[tableCell[paragraph["b"]]]], paragraph["c"]"#
    ),
    Case(
        "<b>a<table><tr><td>b</table></b>",
        #"paragraph["a"~strong], table[tableRow[tableCell[paragraph["b"~strong]]]]"#
    ),
    Case(
        #"<table><tr><td><img src="https://i.example/p.png"><td><p></p></table>"#,
        "table[tableRow[tableCell[mediaSingle[media(url: https://i.example/p.png)]], tableCell[paragraph[]]]]"
    ),
    Case(#"<table><tr><td style="background-color:red">a</table>"#, #"table[tableRow[tableCell[paragraph["a"]]]]"#),
]
