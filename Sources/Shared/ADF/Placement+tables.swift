/// Tables: where they may stand, their grid, and what becomes of tables in tables.
extension Placement {
    mutating func placeTable(_ node: Int32) {
        if let cell = layoutCell(of: node) {
            findings.note(.flattened, "layout table")
            placeChildren(of: cell)
            return
        }
        var at = stack.count - 1
        while stack[at].kind != .document, stack[at].kind != .expand {
            if stack[at].kind == .cell || stack[at].kind == .nestedExpand {
                flatten(node)
                return
            }
            at -= 1
        }
        guard at < stack.count - 1 else {
            writeTable(node)
            return
        }
        payBox()
        findings.note(.flattened, "table in a list, quote or panel")
        let suspended = suspend(above: at)
        writeTable(node)
        stack += suspended
    }

    /// The only cell of a table that is there to hold other tables.
    private func layoutCell(of table: Int32) -> Int32? {
        guard sketch[table].holdsTable else { return nil }
        var only: Int32?
        var row = sketch[table].first
        while row != 0 {
            let cell = sketch[row].first
            if cell != 0 {
                guard only == nil, sketch[cell].next == 0 else { return nil }
                only = cell
            }
            row = sketch[row].next
        }
        return only
    }

    private mutating func writeTable(_ node: Int32) {
        let grid = Grid(of: node, in: sketch)
        guard !grid.rows.isEmpty else { return }
        push(.table, node)
        openUp()
        for row in grid.rows {
            push(.row, 0)
            for cell in row {
                json.begin(cell.node)
                push(.cell, cell.node)
                top.columns = cell.columns
                top.rows = cell.rows
                openUp()
                placeChildren(of: cell.node)
                if !top.hasChildren { json.put(Self.emptyParagraph) }
                pop()
            }
            pop()
        }
        pop()
    }

    mutating func writeCellHead(_ entry: Entry) {
        json.put(sketch[entry.node].isHeader ? #"{"type":"tableHeader","# : #"{"type":"tableCell","#)
        if entry.columns > 1 || entry.rows > 1 {
            json.put(#""attrs":{"#)
            if entry.columns > 1 {
                json.put(#""colspan":"#)
                json.put(Int(entry.columns))
                if entry.rows > 1 { json.append(UInt8(ascii: ",")) }
            }
            if entry.rows > 1 {
                json.put(#""rowspan":"#)
                json.put(Int(entry.rows))
            }
            json.put("},")
        }
        json.put(#""content":["#)
    }

    // MARK: Tables in cells

    /// Writes a table as blocks: a paragraph for each row, or what is in the cells where each row has but one.
    private mutating func flatten(_ table: Int32) {
        findings.note(.flattened, "table in a table")
        var isSingle = true
        var row = sketch[table].first
        while row != 0 {
            let first = sketch[row].first
            if first != 0, sketch[first].next != 0 { isSingle = false }
            row = sketch[row].next
        }
        row = sketch[table].first
        while row != 0 {
            if isSingle {
                let cell = sketch[row].first
                if cell != 0 { placeChildren(of: cell) }
            } else if holdsInk(row) {
                startBlock(of: row, isParagraphLike: true)
                json.put(#"{"type":"paragraph","#)
                startContent()
                writeRow(row)
                endContent()
            }
            row = sketch[row].next
        }
    }

    private mutating func writeRow(_ row: Int32) {
        var cell = sketch[row].first
        while cell != 0 {
            var isFirst = true
            writeLine(of: cell, adding: sketch[cell].isHeader ? .strong : [], &isFirst)
            cell = sketch[cell].next
            if cell != 0 { writeText(" | ", Marks()) }
        }
    }

    /// Writes all that is in a container as lines of one paragraph.
    private mutating func writeLine(of container: Int32, adding flags: Marks.Flags, _ isFirst: inout Bool) {
        var child = sketch[container].first
        while child != 0 {
            switch sketch[child].kind {
            case .paragraph, .heading, .summary:
                guard sketch[child].first != 0 else { break }
                if !isFirst { writeBreak() }
                isFirst = false
                writeRuns(of: child, adding: sketch[child].kind == .paragraph ? flags : flags.union(.strong))
            case .code:
                if !isFirst { writeBreak() }
                isFirst = false
                writeCodeLines(child)
            case .media:
                if !isFirst { writeBreak() }
                isFirst = false
                writeMediaLink(child)
            case .row where holdsInk(child):
                if !isFirst { writeBreak() }
                isFirst = false
                writeRow(child)
            case .item:
                if sketch[child].task != .none {
                    if !isFirst { writeBreak() }
                    isFirst = true
                    writeText(sketch[child].task == .done ? "[x] " : "[ ] ", Marks())
                }
                writeLine(of: child, adding: flags, &isFirst)
            case .bulletList, .orderedList, .quote, .panel, .expand, .table, .cell:
                writeLine(of: child, adding: flags, &isFirst)
            default: break
            }
            child = sketch[child].next
        }
    }

    private mutating func writeCodeLines(_ code: Int32) {
        var marks = Marks()
        marks.flags = .code
        var run = sketch[code].first
        while run != 0 {
            var slice = sketch[run].slice
            while let line = sketch.text[Int(slice.start)..<Int(slice.end)].firstIndex(of: 0x0A) {
                writeCodeText(Sketch.Slice(start: slice.start, end: Int32(line)), marks)
                writeBreak()
                slice.start = Int32(line) + 1
            }
            writeCodeText(slice, marks)
            run = sketch[run].next
        }
    }

    /// Tabs and other control characters stand in code blocks only.
    private mutating func writeCodeText(_ slice: Sketch.Slice, _ marks: Marks) {
        var start = slice.start
        for at in slice.start..<slice.end {
            let byte = sketch.text[Int(at)]
            let isControl =
                byte < 0x20 || byte == 0x7F
                || (byte == 0xC2 && at + 1 < slice.end && sketch.text[Int(at) + 1] < 0xA0)
            guard isControl else { continue }
            writeText(Sketch.Slice(start: start, end: at), marks)
            if byte == 0x09 { writeText("    ", marks) }
            start = at + (byte == 0xC2 ? 2 : 1)
        }
        if start < slice.end { writeText(Sketch.Slice(start: start, end: slice.end), marks) }
    }

    private func holdsInk(_ container: Int32) -> Bool {
        var child = sketch[container].first
        while child != 0 {
            switch sketch[child].kind {
            case .paragraph, .heading, .code, .media: return true
            case .summary: if sketch[child].first != 0 { return true }
            case .nothing, .emptyParagraph, .rule: break
            default: if sketch[child].task != .none || holdsInk(child) { return true }
            }
            child = sketch[child].next
        }
        return false
    }
}
