import ADF
import Testing

@Suite struct PanelTests {
    @Test("Alerts and details become panels and expands", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(
        #"<div class="markdown-alert markdown-alert-note"><p class="markdown-alert-title">Note</p><p>a</p></div>"#,
        #"panel(panelType: info)[paragraph["Note"~strong], paragraph["a"]]"#
    ),
    Case(#"<div class="markdown-alert markdown-alert-tip">a</div>"#, #"panel(panelType: success)[paragraph["a"]]"#),
    Case(#"<div class="markdown-alert markdown-alert-important">a</div>"#, #"panel(panelType: note)[paragraph["a"]]"#),
    Case(#"<div class="markdown-alert markdown-alert-warning">a</div>"#, #"panel(panelType: warning)[paragraph["a"]]"#),
    Case(#"<div class="markdown-alert markdown-alert-caution">a</div>"#, #"panel(panelType: error)[paragraph["a"]]"#),
    Case(
        #"<div class="admonition danger"><p class="admonition-title">D</p><p>a</p></div>"#,
        #"panel(panelType: error)[paragraph["D"~strong], paragraph["a"]]"#
    ),
    Case(#"<div class="admonition">a</div>"#, #"panel(panelType: info)[paragraph["a"]]"#),
    Case(
        #"<div class="theme-admonition theme-admonition-tip admonition_x alert">a</div>"#,
        #"panel(panelType: success)[paragraph["a"]]"#
    ),
    Case(
        #"<div class="markdown-alert markdown-alert-tip"><div class="admonition note">a</div></div>"#,
        #"panel(panelType: success)[paragraph["a"]]"#
    ),
    Case(
        #"<div class="admonition note"><blockquote>a</blockquote><table><tr><td>b</td></tr></table>c<hr><h2>d</h2></div>"#,
        #"panel(panelType: info)[paragraph["a"]], table[tableRow[tableCell[paragraph["b"]]]], panel(panelType: info)[paragraph["c"], rule, heading(level: 2)["d"]]"#
    ),
    Case("<details><summary>s <b>t</b></summary>a</details>", #"expand(title: s t)[paragraph["a"]]"#),
    Case("<details>a</details>", #"expand(title: Details)[paragraph["a"]]"#),
    Case("<details><summary>s</summary></details>", "expand(title: s)[paragraph[]]"),
    Case("<details><p>a</p><summary>s</summary></details>", #"expand(title: s)[paragraph["a"]]"#),
    Case("<details><summary><h2>s</h2><p>t</p></summary>a</details>", #"expand(title: s t)[paragraph["a"]]"#),
    Case(
        #"<details><summary>s <a href="https://e.example">l</a><img src="https://i.example/p.png"></summary>a</details>"#,
        #"expand(title: s l)[mediaSingle[media(url: https://i.example/p.png)], paragraph["a"]]"#
    ),
    Case("<details><summary>a<br>b</summary>c</details>", #"expand(title: a b)[paragraph["c"]]"#),
    Case(
        "<details><summary>s</summary>a<details><summary>t</summary>b<details><summary>u</summary>c</details></details></details>",
        #"expand(title: s)[paragraph["a"], nestedExpand(title: t)[paragraph["b"], paragraph["u"~strong], paragraph["c"]]]"#
    ),
    Case(
        "<details><summary>s</summary><details><summary>t</summary><table><tr><td>a<td>b</table></details></details>",
        #"expand(title: s)[paragraph["t"~strong], table[tableRow[tableCell[paragraph["a"]], tableCell[paragraph["b"]]]]]"#
    ),
    Case(
        "<table><tr><td><details><summary>s</summary>a<table><tr><td>b<td>c</table></details></td><td>x</td></tr></table>",
        #"table[tableRow[tableCell[nestedExpand(title: s)[paragraph["a"], paragraph["b | c"]]], tableCell[paragraph["x"]]]]"#
    ),
    Case(
        "<blockquote><details><summary>s</summary>a</details></blockquote>",
        #"blockquote[paragraph["s"~strong], paragraph["a"]]"#
    ),
    Case(
        "<details><summary>s</summary><table><tr><td>a<td>b</table></details>",
        #"expand(title: s)[table[tableRow[tableCell[paragraph["a"]], tableCell[paragraph["b"]]]]]"#
    ),
    Case("<details><summary></summary>a</details>", #"expand(title: )[paragraph["a"]]"#),
    Case("<details open><summary><pre>a\nb</pre></summary>c</details>", #"expand(title: a b)[paragraph["c"]]"#),
    Case("<summary>a</summary>b", #"paragraph["a"], paragraph["b"]"#),
]
