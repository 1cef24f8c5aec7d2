import ADF
import Testing

@Suite struct FlatListTests {
    @Test("Lists of Quill and Word get their nesting back", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(
        #"<ol><li data-list="ordered">a</li><li data-list="ordered" class="ql-indent-1">b</li><li data-list="ordered">c</li></ol>"#,
        #"orderedList[listItem[paragraph["a"], orderedList[listItem[paragraph["b"]]]], listItem[paragraph["c"]]]"#
    ),
    Case(
        #"<ul><li>a</li><li class="ql-indent-1">b</li><li class="ql-indent-2">c</li><li>d</li></ul>"#,
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph["b"], bulletList[listItem[paragraph["c"]]]]]], listItem[paragraph["d"]]]"#
    ),
    Case(
        #"<ul><li class="ql-indent-2">a</li></ul>"#,
        #"bulletList[listItem[paragraph["a"]]]"#
    ),
    Case(
        #"<ul><li>a</li><li class="ql-indent-8">b</li><li class="ql-indent-8">c</li><li>d</li></ul>"#,
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph["b"]], listItem[paragraph["c"]]]], listItem[paragraph["d"]]]"#
    ),
    Case(
        #"<ul><li class="ql-indent-2">a</li><li>b</li></ul>"#,
        #"bulletList[listItem[paragraph[], bulletList[listItem[paragraph["a"]]]], listItem[paragraph["b"]]]"#
    ),
    Case(
        #"<ul><li>a</li><li class="ql-indent-4">b</li><li class="ql-indent-2">c</li></ul>"#,
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph[], bulletList[listItem[paragraph["b"]]]], listItem[paragraph["c"]]]]]"#
    ),
    Case(
        #"<ol><li class="ql-indent-2">a</li><li class="ql-indent-1">b</li><li>c</li></ol>"#,
        #"bulletList[listItem[paragraph[], bulletList[listItem[paragraph[], orderedList[listItem[paragraph["a"]]]]], orderedList[listItem[paragraph["b"]]]]], orderedList[listItem[paragraph["c"]]]"#
    ),
    Case(
        #"<ol><li data-list="ordered">a</li><li data-list="bullet">b</li></ol>"#,
        #"orderedList[listItem[paragraph["a"]]], bulletList[listItem[paragraph["b"]]]"#
    ),
    Case(
        #"<ol><li data-list="bullet"><span class="ql-ui" contenteditable="false"></span>a</li></ol>"#,
        #"bulletList[listItem[paragraph["a"]]]"#
    ),
    Case(
        #"<ol><li data-list="ordered">a</li><li data-list="unchecked" class="ql-indent-1">b</li></ol>"#,
        #"orderedList[listItem[paragraph["a"], bulletList[listItem[paragraph["[ ] b"]]]]]"#
    ),
    Case(
        #"<p style="mso-list:l0 level1 lfo1"><![if !supportLists]><span style="mso-list:Ignore">1.<span>&nbsp;&nbsp; </span></span><![endif]>a</p><p style="mso-list:l0 level2 lfo1"><span style="mso-list:Ignore">o</span>b</p><p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">2.</span>c</p>"#,
        #"orderedList[listItem[paragraph["a"], bulletList[listItem[paragraph["b"]]]], listItem[paragraph["c"]]]"#
    ),
    Case(
        #"<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·<span>&nbsp;</span></span>a</p><p style="mso-list:l1 level1 lfo2"><span style="mso-list:Ignore">§</span>b</p>"#,
        #"bulletList[listItem[paragraph["a"]]], bulletList[listItem[paragraph["b"]]]"#
    ),
    Case(
        #"<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">3)</span>a</p>"#,
        #"orderedList(order: 3)[listItem[paragraph["a"]]]"#
    ),
    Case(
        #"<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">a.</span>a</p><p>b</p><p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">b.</span>c</p>"#,
        #"orderedList[listItem[paragraph["a"]]], paragraph["b"], orderedList[listItem[paragraph["c"]]]"#
    ),
    Case(#"<p style="mso-list:none"><span style="mso-list:Ignore">1.</span> a</p>"#, #"paragraph["1. a"]"#),
    Case(#"<p style="mso-list:x"><span style="mso-list:Ignore">1.</span> a</p>"#, #"paragraph["1. a"]"#),
    Case(
        #"<h1 style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">1.</span> a</h1>"#,
        #"heading(level: 1)["1. a"]"#
    ),
]
