/// Shortening a sketch, and telling its text.
extension Sketch {
    /// Ends the content before the block with which it would be longer than a budget, and adds a note.
    ///
    /// The cut lies between blocks: before a row in a table, before an item in a list. A first block that alone is too long is
    /// cut between two of its words.
    ///
    /// - Parameter budget: How many visible characters may stay, UTF-16 units, the note not among them.
    mutating func cut(to budget: Int, note: String) {
        var used = 0
        var hasContent = false
        var path: [Int32] = []
        var node = self[0].first
        search: while true {
            if node == 0 {
                guard let parent = path.popLast() else { break }
                node = self[parent].next
                continue
            }
            switch self[node].kind {
            case .paragraph, .heading, .code, .summary, .media:
                let length = self[node].kind == .media ? 0 : length(of: node)
                if used + length > budget {
                    if hasContent { remove(from: node, path) } else { shorten(node, to: max(1, budget - used), path) }
                    break search
                }
                used += length
                hasContent = true
            case .nothing, .emptyParagraph, .rule, .document, .text, .lineBreak, .mention, .status: break
            default:
                path.append(node)
                node = self[node].first
                continue
            }
            node = self[node].next
        }
        let paragraph = append(Node(kind: .paragraph), to: 0)
        var words = note
        words.withUTF8 { append($0, marks: Marks(), to: paragraph) }
    }

    /// Visible characters of a block: UTF-16 units, one per break.
    private func length(of block: Int32) -> Int {
        var length = 0
        var run = self[block].first
        while run != 0 {
            switch self[run].kind {
            case .text: length += text.utf16Length(self[run].slice)
            case .lineBreak: length += 1
            case .mention, .status: length += Int(self[run].y - self[run].x)
            default: break
            }
            run = self[run].next
        }
        return length
    }

    /// Removes a node and all that comes after it; in a table, from the row on.
    private mutating func remove(from node: Int32, _ path: [Int32]) {
        var kept = path
        var node = node
        if let table = kept.firstIndex(where: { self[$0].kind == .table }), table + 1 < kept.count {
            node = kept[table + 1]
            kept.removeLast(kept.count - table - 1)
        }
        // What would be left empty by it goes too, but for the first block of all.
        while let parent = kept.last, self[parent].first == node {
            node = parent
            kept.removeLast()
        }
        let parent = kept.last ?? 0
        if self[parent].first == node {
            removeChildren(of: parent)
        } else {
            var before = self[parent].first
            while self[before].next != node { before = self[before].next }
            removeFollowing(before)
        }
        for ancestor in kept { removeFollowing(ancestor) }
    }

    /// Ends a block within its text, after a word, and removes all that comes after it.
    private mutating func shorten(_ block: Int32, to budget: Int, _ path: [Int32]) {
        var left = budget
        var run = self[block].first
        while run != 0 {
            let node = self[run]
            if node.kind == .text {
                let units = text.utf16Length(node.slice)
                if units > left {
                    self[run].slice.end = end(of: node.slice, after: left)
                    removeFollowing(run)
                    break
                }
                left -= units
            } else {
                left -= 1
            }
            if left <= 0 {
                removeFollowing(run)
                break
            }
            run = node.next
        }
        removeFollowing(block)
        for ancestor in path { removeFollowing(ancestor) }
    }

    /// The end of a piece of text that has at most a number of UTF-16 units, after a word where there is one near.
    private func end(of slice: Slice, after limit: Int) -> Int32 {
        var units = 0
        var at = Int(slice.start)
        var wordEnd = at
        while at < Int(slice.end) {
            let byte = text[at]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            units += length == 4 ? 2 : 1
            if units > limit { break }
            if byte == 0x20 || byte == 0x0A { wordEnd = at }
            at += length
        }
        return Int32(at - wordEnd < 200 && wordEnd > Int(slice.start) ? wordEnd : at)
    }

    // MARK: Text

    /// The visible text, a line per block.
    func plainText() -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + nodes.count)
        var path: [Int32] = []
        var node = self[0].first
        while true {
            if node == 0 {
                guard let parent = path.popLast() else { break }
                node = self[parent].next
                continue
            }
            switch self[node].kind {
            case .paragraph, .heading, .code, .summary:
                addText(of: node, to: &bytes)
                bytes.append(0x0A)
            case .media:
                bytes += addressBytes[Int(self[node].slice.start)..<Int(self[node].slice.end)]
                bytes.append(0x0A)
            case .nothing, .emptyParagraph, .rule, .document, .text, .lineBreak, .mention, .status: break
            default:
                if self[node].task != .none { bytes += (self[node].task == .done ? "[x] " : "[ ] ").utf8 }
                path.append(node)
                node = self[node].first
                continue
            }
            node = self[node].next
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func addText(of block: Int32, to bytes: inout [UInt8]) {
        var run = self[block].first
        while run != 0 {
            let node = self[run]
            switch node.kind {
            case .text: bytes += text[Int(node.slice.start)..<Int(node.slice.end)]
            case .lineBreak: bytes.append(0x0A)
            case .mention, .status: bytes += addressBytes[Int(node.x)..<Int(node.y)]
            default: break
            }
            run = node.next
        }
    }

    /// The heading on the longest section, and how long that is; nil when there are no headings at the top.
    func longestSection() -> String? {
        var longest: (heading: Int32, length: Int) = (0, -1)
        var current: (heading: Int32, length: Int) = (0, 0)
        func finish() { if current.heading != 0, current.length > longest.length { longest = current } }
        var block = self[0].first
        while block != 0 {
            if self[block].kind == .heading {
                finish()
                current = (block, 0)
            } else {
                current.length += textLength(under: block)
            }
            block = self[block].next
        }
        finish()
        guard longest.heading != 0 else { return nil }
        var bytes: [UInt8] = []
        addText(of: longest.heading, to: &bytes)
        let title = String(decoding: bytes.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
        return title.count > 80 ? title.prefix(80) + "…" : title
    }

    private func textLength(under block: Int32) -> Int {
        var length = 0
        var path: [Int32] = []
        var node = block
        while true {
            if node == 0 {
                guard let parent = path.popLast() else { return length }
                node = parent == block ? 0 : self[parent].next
                continue
            }
            if self[node].kind == .text { length += Int(self[node].slice.end - self[node].slice.start) }
            if self[node].first != 0 {
                path.append(node)
                node = self[node].first
            } else {
                node = node == block ? 0 : self[node].next
            }
        }
    }
}

extension [UInt8] {
    fileprivate func utf16Length(_ slice: Sketch.Slice) -> Int {
        withUnsafeBufferPointer { Bytes(rebasing: $0[Int(slice.start)..<Int(slice.end)]).utf16Length }
    }
}
