import ADF
import Testing

@Suite struct ReportTests {
    private func paragraphs(_ count: Int, of length: Int) -> String {
        String(repeating: "<p>\(String(repeating: "a", count: length))</p>", count: count)
    }

    @Test("An empty page passes with an empty document", arguments: ["", "  \n", "<p></p>", "<!-- a -->"])
    func empty(_ html: String) throws {
        let conversion = ADFConverter().convert(html)
        #expect(conversion.document == ADFDocument.empty)
        #expect(conversion.report.status == .passed)
        #expect(conversion.report.visibleCharacters == 0)
        #expect(conversion.report.characterReduction == (html.isEmpty ? 0 : 100))
    }

    @Test("The reduction is of characters, in UTF-16 units, with one decimal")
    func reduction() {
        let report = ADFConverter().convert("<p>😀a</p>").report
        #expect(report.visibleCharacters == 3)
        #expect(report.characterReduction == 70)
        #expect(ADFConverter().convert("<p>abc</p>").report.characterReduction == 70)
        #expect(ADFConverter().convert("<p>ab<br>c</p>").report.visibleCharacters == 4)
    }

    @Test("The limit is 32,767 visible characters, and its neighbourhood is told")
    func limit() throws {
        #expect(ADFConverter().convert(paragraphs(1, of: 29_999)).report.warnings == [])
        #expect(ADFConverter().convert(paragraphs(1, of: 30_000)).report.warnings.map(\.kind) == [.nearLimit])
        #expect(ADFConverter().convert(paragraphs(1, of: 32_767)).report.status == .passed)
        let conversion = ADFConverter().convert(paragraphs(1, of: 32_768))
        #expect(conversion.document == nil)
        #expect(conversion.report.status == .failed)
        #expect(conversion.report.errorMessage == "Description has 32,768 characters; Jira allows 32,767")
        #expect(conversion.report.suggestedFix == "Shorten by 1 characters")
    }

    @Test("What is too long names the heading of its longest section")
    func longestSection() throws {
        let html =
            "<h1>One</h1>\(paragraphs(3, of: 5_000))<h2>The <b>Two</b></h2>\(paragraphs(5, of: 5_000))<h2>Three</h2>"
        let report = ADFConverter().convert(html).report
        #expect(report.errorMessage == "Description has 40,015 characters; Jira allows 32,767")
        #expect(report.suggestedFix == "Shorten by 7,248 characters, or move the section “The Two” into an attachment")
    }

    @Test("What takes too much in Jira's format says where the formatting is to be simplified, or is cut there")
    func tooMuch() throws {
        let html =
            "<p>first words</p><p><a href='https://\(String(repeating: "a", count: 300_000))'>many <b>words</b> of "
            + "<i>a</i> link and <u>some</u> <s>more</s> and more</a>"
        let report = ADFConverter().convert(html).report
        #expect(report.errorMessage == "Description takes more than 2,048 KB in Jira's format")
        #expect(
            report.suggestedFix
                == "Simplify the formatting or shorten the links near “many words of a link and some more and m”"
        )
        #expect(report.visibleCharacters == 54)
        let conversion = ADFConverter(options: .init(length: .cut(note: "Cut."))).convert(html)
        #expect(try Brief.describe(#require(conversion.document)) == #"paragraph["first words"], paragraph["Cut."]"#)
        #expect(conversion.overflow == "first words\nmany words of a link and some more and more\n")
    }

    @Test(
        "A cut keeps what fits of a page that is one block",
        arguments: [
            "<table><tr><td>a<td><p>%<p>%</table>", "<details><summary>a</summary><p>%<p>%</details>",
            "<table><tr><td><table><tr><td>a<td>%<td>%</table></table>", "<ul><li>a<ul><li>%<li>%</ul></ul>",
        ]
    )
    func cutWithin(_ pattern: String) throws {
        let text = String(repeating: "lorem ipsum ", count: 2_000)
        let html = pattern.split(separator: "%", omittingEmptySubsequences: false).joined(separator: text)
        let conversion = ADFConverter(options: .init(length: .cut(note: "Cut."))).convert(html)
        let document = try #require(conversion.document)
        #expect(ADFValidator.faults(in: document) == [])
        let words = try Shown(document).words
        #expect(words.first == "a")
        #expect(words.last == "Cut.")
        #expect(words.count > 4_000)
    }

    @Test("A page over 1 MiB is refused unread")
    func tooLarge() {
        let report = ADFConverter(options: .init(length: .cut(note: ""))).convert(
            [UInt8](repeating: 0x20, count: 1 << 20 + 2048)
        ).report
        #expect(report.status == .failed)
        #expect(report.suggestedFix == "Remove pasted images or styles; attach files instead")
        #expect(report.errorMessage?.hasPrefix("HTML is ") == true)
        #expect(report.characterReduction == nil)
    }

    @Test(
        "An export is cut once, between blocks, with a note; the whole text is handed over",
        arguments: [
            "<p>%</p>", "<ul><li>%</li></ul>", "<blockquote><p>%</p></blockquote>",
            "<details><summary>s</summary><p>%</p></details>",
            "<table><tr><td>%</td><td>b</td></tr></table>", "<div class='admonition'><p>%</p></div>",
        ]
    )
    func cut(_ pattern: String) throws {
        let text = String(repeating: "lorem ipsum ", count: 80)
        let block = pattern.split(separator: "%").joined(separator: text)
        let converter = ADFConverter(options: .init(length: .cut(note: "Cut here.")))
        let conversion = converter.convert(String(repeating: block, count: 60))
        let document = try #require(conversion.document)
        #expect(ADFValidator.faults(in: document) == [])
        #expect(conversion.report.status == .passed)
        #expect(conversion.report.wasCut)
        #expect(conversion.report.warnings.last?.kind == .cut)
        #expect(conversion.report.visibleCharacters.map { $0 > 50_000 } == true)
        #expect(try #require(conversion.overflow).split { $0 == " " || $0 == "\n" }.count >= 60 * 160)
        let shown = try Shown(document)
        #expect(shown.words.suffix(2) == ["Cut", "here."])
        #expect(shown.words.count > 4_000)
    }

    @Test("A lower limit cuts sooner, and never raises Jira's")
    func lowerLimit() throws {
        let html = String(repeating: "<p>lorem ipsum</p>", count: 400)
        let few = ADFConverter(options: .init(length: .cut(note: "Cut here."), characters: 100)).convert(html)
        #expect(few.report.wasCut && few.overflow != nil)
        #expect(try Shown(#require(few.document)).words.count <= 20)
        let many = ADFConverter(options: .init(length: .cut(note: "Cut here."), characters: .max)).convert(
            String(repeating: html, count: 20)
        )
        #expect(many.report.wasCut)
    }

    @Test("A first block that alone is too long is cut after a word", arguments: ["p", "pre", "li", "td", "h1"])
    func cutInside(_ tag: String) throws {
        let converter = ADFConverter(options: .init(length: .cut(note: "Cut.")))
        let open = tag == "td" ? "<table><tr><td>" : "<\(tag)>"
        let conversion = converter.convert(open + String(repeating: "lorem 😀psum ", count: 4_000))
        let document = try #require(conversion.document)
        #expect(ADFValidator.faults(in: document) == [])
        let words = try Shown(document).words
        #expect(Set(words) == ["lorem", "😀psum", "Cut."])
        #expect(words.count > 5_000)
    }

    @Test("What is dropped or changed is counted and shown by example")
    func warnings() throws {
        let html = """
            <a href="javascript:a">b</a><img src="cid:1" alt="Plan"><pre><a href="https://e.example">c</a></pre>\
            <h1><img src="https://i.example/p.png"></h1><blockquote><blockquote>d</blockquote></blockquote>
            """
        let warnings = ADFConverter().convert(html).report.warnings
        #expect(warnings.map(\.kind) == [.droppedLink, .flattenedLink, .imageToAttach, .imageAsLink, .flattened])
        #expect(
            warnings.map(\.examples.first) == [
                "javascript:a", "https://e.example", "Plan", "https://i.example/p.png", "quote",
            ]
        )
        #expect(warnings.allSatisfy { $0.count == 1 && !$0.message.isEmpty })
    }

    @Test(
        "The plain profile uses little of the format",
        arguments: [
            Case("<u>a</u><mark>b</mark><sub>c</sub><span style='color:red'>d</span>", #"paragraph["abcd"]"#),
            Case(
                "<p align=center><b>a</b><i>b</i><s>c</s><code>d</code>",
                #"paragraph["a"~strong, "b"~em, "c"~strike, "d"~code]"#
            ),
            Case("<img src='https://i.example/p.png' alt='a'>", #"paragraph["a"~link(href: https://i.example/p.png)]"#),
            Case("<details><summary>s</summary>a</details>", #"paragraph["s"~strong], paragraph["a"]"#),
            Case("<div class='admonition'>a</div>", #"paragraph["a"]"#),
            Case("<ul><li><input type=checkbox>a</li></ul>", #"bulletList[listItem[paragraph["[ ] a"]]]"#),
            Case("<span class='aui-lozenge'>a</span><span data-mention='u1'>b</span>", #"paragraph["a@b"]"#),
        ]
    )
    func plain(_ example: Case) throws {
        let options = ADFConverter.Options(profile: .plain, knownAccounts: ["u1"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }

    @Test("A plain text becomes a paragraph for each line")
    func plainText() throws {
        let document = ADFDocument.plainText("a\tb \n\n\"c\"\r\n\u{1}\u{FEFF}\n😀")
        #expect(ADFValidator.faults(in: document) == [])
        #expect(try Brief.describe(document) == #"paragraph["a b"], paragraph[""c""], paragraph["😀"]"#)
        #expect(ADFValidator.faults(in: ADFDocument.plainText("")) == [])
    }

    @Test("A report is JSON")
    func json() throws {
        var line: [UInt8] = []
        ADFConverter().convert("<a href=x>a</a>").writeLine(id: "1\"", to: &line)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasPrefix(#"{"id":"1\"","adf":{"version":1,"#))
        #expect(
            text.contains(#""report":{"status":"passed","error_message":null,"suggested_fix":null,"adf_size_bytes":"#)
        )
        #expect(text.hasSuffix(#""count":1,"examples":["x"]}]}}"# + "\n"))
    }
}
