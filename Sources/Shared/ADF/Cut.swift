/// Shortening a sketch, and telling its text.
extension Sketch {
    /// Ends the content before a block that does not fit.
    ///
    /// The cut lies between blocks: before a row in a table of several, before an item in a list. Where nothing would be
    /// left, the block is cut between two of its words.
    ///
    /// - Parameters:
    ///   - node: What does not fit; the document: nothing of it.
    ///   - characters: How many visible characters of it would fit, UTF-16 units.
    mutating func cut(at node: Int32, keeping characters: Int) {
        guard node != 0 else {
            removeChildren(of: 0)
            return
        }
        var unit = node
        var around = node
        while around != 0 {
            let parent = self[around].parent
            if self[around].kind == .row, self[parent].first != around || self[around].next != 0 { unit = around }
            around = parent
        }
        // What would be left empty by it goes too.
        while unit != 0, self[self[unit].parent].first == unit { unit = self[unit].parent }
        if unit != 0, showsText(before: unit) {
            remove(from: unit)
        } else if characters > 0, self[node].first != 0, self[node].kind.isTextBlock {
            shorten(node, to: characters)
        } else {
            removeChildren(of: 0)
        }
    }

    /// Whether anything that is read before a node may show text.
    private func showsText(before node: Int32) -> Bool {
        var node = node
        while node != 0 {
            let parent = self[node].parent
            var sibling = self[parent].first
            while sibling != node {
                switch self[sibling].kind {
                case .nothing, .emptyParagraph, .rule, .summary: break
                default: return true
                }
                sibling = self[sibling].next
            }
            node = parent
        }
        return false
    }

    /// Removes a node that is not its parent's first, and all that comes after it.
    private mutating func remove(from node: Int32) {
        let parent = self[node].parent
        var before = self[parent].first
        while self[before].next != node { before = self[before].next }
        removeFollowing(before)
        removeAll(after: parent)
    }

    /// Removes all that comes after a node and what it holds.
    private mutating func removeAll(after node: Int32) {
        var node = node
        while node != 0 {
            removeFollowing(node)
            node = self[node].parent
        }
    }

    /// Ends a block within its text, after a word, and removes all that comes after it.
    private mutating func shorten(_ block: Int32, to budget: Int) {
        var left = budget
        var run = self[block].first
        while run != 0 {
            let node = self[run]
            if node.kind == .text {
                let units = text.utf16Length(node.slice)
                if units > left {
                    self[run].slice.end = end(of: node.slice, after: left)
                    removeFollowing(run)
                    // Half a character is none.
                    if run == self[block].first, self[run].slice.isEmpty { self[block].kind = .nothing }
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
        removeAll(after: block)
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
            case let kind where kind.isTextBlock:
                addText(of: node, to: &bytes)
                bytes.append(0x0A)
            case .media:
                bytes += addressBytes[Int(self[node].slice.start)..<Int(self[node].slice.end)]
                bytes.append(0x0A)
            case .nothing, .emptyParagraph, .rule, .document, .text, .mention, .status: break
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
            case .mention, .status: bytes += addressBytes[Int(node.x)..<Int(node.y)]
            default: break
            }
            run = node.next
        }
    }

    /// The first words of a block of text.
    func words(of block: Int32) -> String {
        guard self[block].kind.isTextBlock else { return "" }
        var bytes: [UInt8] = []
        addText(of: block, to: &bytes)
        return String(decoding: bytes.prefix(160), as: UTF8.self).prefix(40).split { $0 == " " || $0 == "\n" }
            .joined(separator: " ")
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
