/// Blocks of text: paragraphs, headings, code, and the runs in them.
extension Placement {
    /// Writes a paragraph, a heading, or a title that stands as a paragraph.
    mutating func writeTextBlock(_ node: Int32) {
        let block = sketch[node]
        let isHeading = block.kind == .heading && top.kind != .item && top.kind != .quote
        startBlock(of: node, isParagraphLike: true)
        if isHeading {
            json.put(#"{"type":"heading","attrs":{"level":"#)
            json.put(Int(block.level))
            json.put("},")
        } else {
            json.put(#"{"type":"paragraph","#)
        }
        if block.alignment != .start, profile == .full, top.kind == .document || top.kind == .cell {
            json.put(#""marks":[{"type":"alignment","attrs":{"align":""#)
            json.put(block.alignment == .center ? "center" : "end")
            json.put(#""}}],"#)
        }
        startContent()
        writeBox()
        writeRuns(of: node, adding: isHeading || block.kind == .paragraph ? [] : .strong)
        endContent()
    }

    mutating func startContent() {
        json.put(#""content":["#)
        inlineCount = 0
        isRunOpen = false
    }

    mutating func endContent() {
        endRun()
        json.put("]}")
    }

    /// Writes the box of a task that is not in a task list.
    mutating func writeBox() {
        switch owedBox {
        case .none: return
        case .open: writeText("[ ] ", Marks())
        case .done: writeText("[x] ", Marks())
        }
        owedBox = .none
    }

    /// Writes the runs of a block into the content that is open.
    mutating func writeRuns(of block: Int32, adding flags: Marks.Flags = []) {
        json.begin(block)
        var run = sketch[block].first
        while run != 0 {
            let node = sketch[run]
            switch node.kind {
            case .text:
                var marks = node.marks
                marks.flags.formUnion(flags)
                writeText(node.slice, marks)
            case .mention: writeMention(node)
            case .status: writeStatus(node)
            default: break
            }
            run = node.next
        }
    }

    /// Writes a piece of text; its line breaks become nodes.
    mutating func writeText(_ slice: Sketch.Slice, _ marks: Marks) {
        var rest = slice
        while let end = sketch.text[Int(rest.start)..<Int(rest.end)].firstIndex(of: 0x0A) {
            writeLine(Sketch.Slice(start: rest.start, end: Int32(end)), marks)
            writeBreak()
            rest.start = Int32(end) + 1
        }
        writeLine(rest, marks)
    }

    private mutating func writeLine(_ slice: Sketch.Slice, _ marks: Marks) {
        guard !slice.isEmpty else { return }
        startRun(marks)
        putVisible(slice)
    }

    /// Writes the converter's own words, which are ASCII and need no escape.
    mutating func writeText(_ text: StaticString, _ marks: Marks) {
        startRun(marks)
        json.putVisible(text)
    }

    private mutating func startRun(_ marks: Marks) {
        let marks = marks.lawful(in: profile)
        if isRunOpen, marks == runMarks || isSameButForNumber(marks) { return }
        startInline()
        json.put(#"{"type":"text","text":""#)
        isRunOpen = true
        runMarks = marks
    }

    /// Whether marks differ only in the number of a link, not in where it leads.
    private func isSameButForNumber(_ marks: Marks) -> Bool {
        guard marks.link != 0, runMarks.link != 0 else { return false }
        var same = marks
        same.link = runMarks.link
        guard same == runMarks else { return false }
        return address(marks.link).elementsEqual(address(runMarks.link))
    }

    func address(_ link: Int32) -> ArraySlice<UInt8> {
        let slice = sketch.addresses[Int(link) - 1]
        return sketch.addressBytes[Int(slice.start)..<Int(slice.end)]
    }

    mutating func startInline() {
        endRun()
        if inlineCount > 0 { json.append(UInt8(ascii: ",")) }
        inlineCount += 1
    }

    mutating func endRun() {
        guard isRunOpen else { return }
        isRunOpen = false
        json.append(UInt8(ascii: "\""))
        writeMarks(runMarks)
        json.append(UInt8(ascii: "}"))
    }

    mutating func writeBreak() {
        startInline()
        json.put(#"{"type":"hardBreak"}"#)
        json.count(1)
    }

    private mutating func writeMarks(_ marks: Marks) {
        guard marks != Marks() else { return }
        json.put(#","marks":["#)
        if marks.link != 0 {
            json.put(#"{"type":"link","attrs":{"href":"#)
            json.putString(address(marks.link))
            json.put("}},")
        }
        let flags = marks.flags
        if flags.contains(.em) { json.put(#"{"type":"em"},"#) }
        if flags.contains(.strong) { json.put(#"{"type":"strong"},"#) }
        if flags.contains(.strike) { json.put(#"{"type":"strike"},"#) }
        if flags.contains(.sub) {
            json.put(#"{"type":"subsup","attrs":{"type":"sub"}},"#)
        } else if flags.contains(.sup) {
            json.put(#"{"type":"subsup","attrs":{"type":"sup"}},"#)
        }
        if flags.contains(.underline) { json.put(#"{"type":"underline"},"#) }
        if flags.contains(.code) { json.put(#"{"type":"code"},"#) }
        if marks.color != 0 { writeColor(#"{"type":"textColor","attrs":{"color":"#, marks.color) }
        if marks.background != 0 { writeColor(#"{"type":"backgroundColor","attrs":{"color":"#, marks.background) }
        json.endList()
    }

    private mutating func writeColor(_ head: StaticString, _ color: UInt32) {
        json.put(head)
        json.put("\"#")
        for shift in stride(from: 20, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: color >> UInt32(shift)) & 15
            json.append(digit < 10 ? 48 + digit : 87 + digit)
        }
        json.put("\"}},")
    }

    private mutating func writeMention(_ node: Sketch.Node) {
        let label = Sketch.Slice(start: node.x, end: node.y)
        guard profile == .full else {
            startRun(Marks())
            putVisible(sketch.addressBytes, label)
            return
        }
        startInline()
        json.put(#"{"type":"mention","attrs":{"id":"#)
        json.putString(sketch.addressBytes[Int(node.slice.start)..<Int(node.slice.end)])
        json.put(#","text":""#)
        putVisible(sketch.addressBytes, label)
        json.put("\"}}")
    }

    private mutating func writeStatus(_ node: Sketch.Node) {
        let label = Sketch.Slice(start: node.x, end: node.y)
        guard profile == .full else {
            startRun(Marks())
            putVisible(sketch.addressBytes, label)
            return
        }
        startInline()
        json.put(#"{"type":"status","attrs":{"text":""#)
        putVisible(sketch.addressBytes, label)
        json.put(#"","color":""#)
        json.put((StatusColor(rawValue: node.level) ?? .neutral).name)
        json.put("\"}}")
    }

    /// Writes a paragraph of the converter's caller at the end of the document.
    mutating func writeNote(_ note: String) {
        startBlock(isParagraphLike: true)
        json.put(#"{"type":"paragraph","content":[{"type":"text","text":""#)
        var note = note
        note.withUTF8 { json.putVisible($0) }
        json.put("\"}]}")
    }

    // MARK: Code

    mutating func writeCode(_ node: Int32) {
        payBox()
        startBlock(of: node, isParagraphLike: true)
        json.put(#"{"type":"codeBlock","#)
        let language = sketch[node].slice
        if !language.isEmpty {
            json.put(#""attrs":{"language":"#)
            json.putString(sketch.addressBytes[Int(language.start)..<Int(language.end)])
            json.put("},")
        }
        json.put(#""content":[{"type":"text","text":""#)
        var run = sketch[node].first
        while run != 0 {
            putVisible(sketch[run].slice)
            run = sketch[run].next
        }
        json.put("\"}]}")
    }

    /// Writes the box of a task whose first block is no paragraph as a paragraph of its own.
    mutating func payBox() {
        guard owedBox != .none else { return }
        startBlock(isParagraphLike: true)
        json.put(#"{"type":"paragraph","#)
        startContent()
        writeText(owedBox == .done ? "[x]" : "[ ]", Marks())
        endContent()
        owedBox = .none
    }

    // MARK: Images

    mutating func writeMedia(_ node: Int32) {
        guard profile == .full else {
            startBlock(of: node, isParagraphLike: true)
            json.put(#"{"type":"paragraph","#)
            startContent()
            writeBox()
            writeMediaLink(node)
            endContent()
            return
        }
        payBox()
        let media = sketch[node]
        startBlock(of: node, isParagraphLike: true)
        json.put(
            #"{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"external","url":"#
        )
        json.putString(mediaAddress(media))
        if media.first != 0 {
            json.put(#","alt":"#)
            let alt = sketch[media.first].slice
            json.putString(sketch.text[Int(alt.start)..<Int(alt.end)])
        }
        if media.x > 0 {
            json.put(#","width":"#)
            json.put(Int(media.x))
        }
        if media.y > 0 {
            json.put(#","height":"#)
            json.put(Int(media.y))
        }
        json.append(UInt8(ascii: "}"))
        if media.marks.link != 0 {
            var marks = Marks()
            marks.link = media.marks.link
            writeMarks(marks)
        }
        json.put("}]}")
    }

    private func mediaAddress(_ media: Sketch.Node) -> ArraySlice<UInt8> {
        sketch.addressBytes[Int(media.slice.start)..<Int(media.slice.end)]
    }

    /// Writes an image as a link on its alternative text or its file's name.
    mutating func writeMediaLink(_ node: Int32) {
        let media = sketch[node]
        let address = mediaAddress(media)
        json.begin(node)
        findings.note(.imageAsLink, bytes: address)
        startInline()
        json.put(#"{"type":"text","text":""#)
        if media.first != 0 {
            putVisible(sketch[media.first].slice)
        } else {
            let name = Walk.fileName(of: Array(address))
            putVisible(name, Sketch.Slice(start: 0, end: Int32(name.count)))
        }
        json.put(#"","marks":[{"type":"link","attrs":{"href":"#)
        json.putString(media.marks.link != 0 ? self.address(media.marks.link) : address)
        json.put("}}]}")
    }

    // MARK: Characters

    @inline(__always)
    mutating func putVisible(_ slice: Sketch.Slice) {
        putVisible(sketch.text, slice)
    }

    mutating func putVisible(_ bytes: [UInt8], _ slice: Sketch.Slice) {
        bytes.withUnsafeBufferPointer { buffer in
            json.putVisible(Bytes(rebasing: buffer[Int(slice.start)..<Int(slice.end)]))
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The length of UTF-8 in UTF-16 units.
    var utf16Length: Int {
        var units = 0
        for byte in self { units += (byte & 0xC0 != 0x80 ? 1 : 0) + (byte >= 0xF0 ? 1 : 0) }
        return units
    }
}
