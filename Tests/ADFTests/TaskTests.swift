import ADF
import Testing

@Suite struct TaskTests {
    @Test("Checkbox lists become task lists where they can", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case(
        #"<ul><li><input type="checkbox"> a</li><li><input type="checkbox" checked> b</li></ul>"#,
        #"taskList[taskItem(state: TODO)["a"], taskItem(state: DONE)["b"]]"#
    ),
    Case(
        #"<ul class="contains-task-list"><li class="task-list-item"><p><input type="checkbox"> a</p><p>b</p></li></ul>"#,
        #"taskList[taskItem(state: TODO)["a", hardBreak, "b"]]"#
    ),
    Case(
        #"<ul><li><label><input type="checkbox" checked>a</label></li></ul>"#,
        #"taskList[taskItem(state: DONE)["a"]]"#
    ),
    Case(
        #"<ul data-type="taskList"><li data-checked="true"><label><input type="checkbox" checked><span></span></label><div><p>a</p></div></li><li data-checked="false"><label><input type="checkbox"></label><div><p>b</p></div></li></ul>"#,
        #"taskList[taskItem(state: DONE)["a"], taskItem(state: TODO)["b"]]"#
    ),
    Case(
        #"<ul class="todo-list"><li><label class="todo-list__label"><input type="checkbox" disabled checked><span class="todo-list__label__description">a</span></label></li></ul>"#,
        #"taskList[taskItem(state: DONE)["a"]]"#
    ),
    Case(
        #"<ol><li data-list="checked">a</li><li data-list="unchecked">b</li></ol>"#,
        #"taskList[taskItem(state: DONE)["a"], taskItem(state: TODO)["b"]]"#
    ),
    Case(
        #"<ul><li role="checkbox" aria-checked="true"><img src="data:x" alt="checked"><p>a</p></li></ul>"#,
        #"taskList[taskItem(state: DONE)["a"]]"#
    ),
    Case(
        #"<ul><li><input type="checkbox"> a</li><li>b</li></ul>"#,
        #"bulletList[listItem[paragraph["[ ] a"]], listItem[paragraph["b"]]]"#
    ),
    Case(
        #"<ul><li><input type="checkbox"> a<pre>b</pre></li></ul>"#,
        #"bulletList[listItem[paragraph["[ ] a"], codeBlock["b"]]]"#
    ),
    Case(
        #"<ul><li><input type="checkbox" checked> a<ul><li><input type="checkbox"> b</li></ul></li></ul>"#,
        #"taskList[taskItem(state: DONE)["a"], taskList[taskItem(state: TODO)["b"]]]"#
    ),
    Case(
        #"<ul><li><input type="checkbox"> a<ul><li>b</li></ul></li></ul>"#,
        #"bulletList[listItem[paragraph["[ ] a"], bulletList[listItem[paragraph["b"]]]]]"#
    ),
    Case(
        #"<ul><li><input type="checkbox"> a<img src="https://i.example/p.png" alt="pic">b</li></ul>"#,
        #"taskList[taskItem(state: TODO)["a ", "pic"~link(href: https://i.example/p.png), " b"]]"#
    ),
    Case(#"<ul><li><input type="checkbox"></li></ul>"#, "taskList[taskItem(state: TODO)[]]"),
    Case(
        #"<ul><li><input type="checkbox"><pre>a</pre></li><li>b</li></ul>"#,
        #"bulletList[listItem[paragraph["[ ]"], codeBlock["a"]], listItem[paragraph["b"]]]"#
    ),
    Case(
        #"<ul><li>a<ul><li><input type="checkbox"> b</li></ul></li></ul>"#,
        #"bulletList[listItem[paragraph["a"], bulletList[listItem[paragraph["[ ] b"]]]]]"#
    ),
    Case(
        #"<blockquote><ul><li><input type="checkbox"> a</li></ul></blockquote>"#,
        #"blockquote[bulletList[listItem[paragraph["[ ] a"]]]]"#
    ),
    Case(
        #"<table><tr><td><ul><li><input type="checkbox"> a</li></ul></td></tr></table>"#,
        #"table[tableRow[tableCell[taskList[taskItem(state: TODO)["a"]]]]]"#
    ),
    Case(#"<p><input type="checkbox"> a <input type="checkbox" checked>b</p>"#, #"paragraph["[ ] a [x] b"]"#),
    Case(
        #"<ul><li><input type="checkbox"><h2>a</h2></li></ul>"#,
        #"bulletList[listItem[paragraph["[ ] ", "a"~strong]]]"#
    ),
]
