import CGumbo

/// Takes from a page, before it is parsed, what would make the parser slow: deep nesting, many formatting elements, many
/// attributes on a tag.
///
/// One pass over the bytes. Which elements are open is followed as the HTML standard has it, near enough
/// (``OpenElements``); where it is not exact it counts too many. What it overlooks meets the memory budget of the parser.
struct PreScan {
    struct Limits {
        /// Open elements. In a page of more than 512 KiB fewer, since the parser may look at each of them for each
        /// character.
        var depth: Int
        var formatting: Int
        var attributes: Int
        /// Start tags with the copies that the parser makes of them, and as many end tags; what comes after them is text. A page with more of them than Jira takes
        /// characters is either too long or shows next to nothing with them.
        var tags: Int

        static let usual = Limits(depth: 256, formatting: 32, attributes: 256, tags: 32_768)
        /// For the second try with a page that was too much for the parser.
        static let strict = Limits(depth: 32, formatting: 1, attributes: 16, tags: 16_384)
        /// For the third.
        static let textOnly = Limits(depth: 0, formatting: 0, attributes: 0, tags: 0)
    }

    private let html: Bytes
    private let limits: Limits
    private let depth: Int
    private var open = OpenElements()
    private var at = 0
    private var kept = 0
    /// Where the last text that is no element's own ended.
    private var textEnd = 0
    /// Where the tag that is read begins, and where in the result, once it is rewritten.
    private var tagStart = 0
    private var tagInResult: Int?
    private var tags = 0
    private var endTags = 0
    /// How many start tags of a name were ignored, so that as many end tags are.
    private var ignored = OpenElements.Counts()

    /// The page without what was ignored; nil when nothing was.
    private(set) var result: [UInt8]?
    /// How many start tags were ignored.
    private(set) var ignoredTags = 0
    /// How many start tags were not.
    var keptTags: Int { tags - ignoredTags }

    init(_ html: Bytes, _ limits: Limits) {
        self.html = html
        self.limits = limits
        depth = min(limits.depth, (1 << 27) / max(1, html.count))
        run()
    }

    private mutating func run() {
        let count = html.count
        while at < count {
            let start = at
            while at < count, html[at] != UInt8(ascii: "<") { at += 1 }
            if at > start {
                open.text()
                textEnd = at
            }
            guard at + 1 < count else { break }
            switch html[at + 1] {
            case UInt8(ascii: "!"): skipDeclaration()
            case UInt8(ascii: "?"): skip(past: UInt8(ascii: ">"), from: at + 2)
            case UInt8(ascii: "/"):
                if at + 2 < count, html[at + 2].isLetter {
                    endTag()
                } else {
                    skip(past: UInt8(ascii: ">"), from: at + 2)
                }
            case let byte where byte.isLetter: startTag()
            default:
                open.text()
                at += 1
                textEnd = at
            }
        }
        if result != nil, kept < html.count { result?.append(contentsOf: html[kept...]) }
    }

    private mutating func skip(past byte: UInt8, from start: Int) {
        at = start
        while at < html.count, html[at] != byte { at += 1 }
        at += 1
    }

    private mutating func skipDeclaration() {
        if open.readsCData, at + 9 <= html.count, html[at, at + 9].isExactly("<![CDATA[") {
            while at < html.count, !html[at, html.count].starts(with: "]]>") { at += 1 }
            at += 3
            return
        }
        guard html[at, html.count].starts(with: "<!--") else {
            skip(past: UInt8(ascii: ">"), from: at + 2)
            return
        }
        at += 4
        if html[at, html.count].starts(with: ">") || html[at, html.count].starts(with: "->") {
            skip(past: UInt8(ascii: ">"), from: at)
            return
        }
        while at < html.count {
            if html[at] == UInt8(ascii: "-"), at + 2 < html.count, html[at + 1] == UInt8(ascii: "-") {
                if html[at + 2] == UInt8(ascii: ">") {
                    at += 3
                    return
                }
                if html[at + 2] == UInt8(ascii: "!"), at + 3 < html.count, html[at + 3] == UInt8(ascii: ">") {
                    at += 4
                    return
                }
            }
            at += 1
        }
    }

    // MARK: The result

    /// Takes the page up to the tag that is read into the result; from there on the tag is written piece by piece.
    private mutating func startRewriting() {
        guard tagInResult == nil else { return }
        if result == nil {
            result = []
            result?.reserveCapacity(html.count)
        }
        result?.append(contentsOf: html[kept..<tagStart])
        kept = tagStart
        tagInResult = result?.count
    }

    /// Leaves the whole tag out.
    private mutating func dropTag(_ name: OpenElements.Name) {
        startRewriting()
        if let result, let tagInResult { self.result?.removeLast(result.count - tagInResult) }
        if !name.isFormatting { result?.append(UInt8(ascii: "\n")) }  // what it parted stays apart
        kept = min(at, html.count)
    }

    /// Leaves the rest of the tag out, but for its end.
    private mutating func dropAttributes(from start: Int) {
        startRewriting()
        result?.append(contentsOf: html[kept..<start])
        kept = at
    }

    /// Blocks that came to HTML after the parser was written become a block that it knows.
    private mutating func rename(from start: Int) {
        startRewriting()
        result?.append(contentsOf: html[kept..<start])
        result?.append(contentsOf: "div".utf8)
        kept = at
    }

    /// Has the parser put away the text before the tag: it forgets to when it ends a form, and would take the text that
    /// follows for the form's or the other way round.
    private mutating func partText() {
        startRewriting()
        result?.append(contentsOf: "<!---->".utf8)
        tagInResult = result?.count
    }

    // MARK: Tags

    private mutating func startTag() {
        tagStart = at
        tagInResult = nil
        let name = tagName(from: at + 1)
        if name.isNewBlock { rename(from: tagStart + 1) }
        let tag = skipAttributes(of: name)
        guard at <= html.count else { return }  // the page ends inside the tag, which is then none
        tags += 1
        if tags + open.copies > limits.tags
            || open.wouldExceed(depth: depth, formatting: limits.formatting, with: name)
        {
            ignoredTags += 1
            if !name.isVoid { ignored[name] += 1 }
            dropTag(name)
            return
        }
        let readsRawText = open.readsRawText(name)
        open.start(tag)
        if readsRawText { name.tag == GUMBO_TAG_SCRIPT ? skipScript(name) : skipRawText(name) }
    }

    private mutating func endTag() {
        tagStart = at
        tagInResult = nil
        let name = tagName(from: at + 2)
        if name.tag == GUMBO_TAG_FORM, textEnd == tagStart { partText() }
        if name.isNewBlock { rename(from: tagStart + 2) }
        _ = skipAttributes(of: name)
        guard at <= html.count else { return }
        if ignored[name] > 0 {
            ignored[name] -= 1
            dropTag(name)
            return
        }
        endTags += 1
        guard endTags <= limits.tags else {
            dropTag(name)
            return
        }
        open.end(name)
    }

    private mutating func tagName(from start: Int) -> OpenElements.Name {
        at = start
        while at < html.count, !html[at].isSpace, html[at] != UInt8(ascii: "/"), html[at] != UInt8(ascii: ">") {
            at += 1
        }
        return OpenElements.Name(html[start, at])
    }

    /// Moves past the end of the tag, beyond the end of the page when it has none.
    private mutating func skipAttributes(of name: OpenElements.Name) -> OpenElements.Tag {
        let count = html.count
        var tag = OpenElements.Tag(name: name)
        var attributes = 0
        var surplus: Int?
        var hasEncoding = false
        while true {
            while at < count, html[at].isSpace || html[at] == UInt8(ascii: "/") {
                tag.isSelfClosing = html[at] == UInt8(ascii: "/")
                at += 1
            }
            guard at < count else {
                at = count
                if let surplus { dropAttributes(from: surplus) }
                at = count + 1
                return tag
            }
            if html[at] == UInt8(ascii: ">") { break }
            tag.isSelfClosing = false
            attributes += 1
            let start = at
            if attributes > limits.attributes, surplus == nil { surplus = at }
            at += 1
            while at < count, !html[at].isSpace, html[at] != UInt8(ascii: "/"), html[at] != UInt8(ascii: ">"),
                html[at] != UInt8(ascii: "=")
            { at += 1 }
            let attribute = html[start, at]
            let value = skipValue()
            if name.tag == GUMBO_TAG_FONT {
                if attribute.matches("color") || attribute.matches("face") || attribute.matches("size") {
                    tag.isOfHTML = true
                }
            } else if name.tag == GUMBO_TAG_ANNOTATION_XML, !hasEncoding, attribute.matches("encoding") {
                hasEncoding = true
                tag.isOfHTML = value.matches("text/html") || value.matches("application/xhtml+xml")
                // What it says in references the parser must not see either.
                if value.contains(UInt8(ascii: "&")), surplus == nil { surplus = start }
            }
        }
        if let surplus { dropAttributes(from: surplus) }
        at += 1
        return tag
    }

    /// Moves past the value of an attribute, if it has one, and gives it.
    private mutating func skipValue() -> Bytes {
        let count = html.count
        let none = Bytes(start: nil, count: 0)
        while at < count, html[at].isSpace { at += 1 }
        guard at < count, html[at] == UInt8(ascii: "=") else { return none }
        at += 1
        while at < count, html[at].isSpace { at += 1 }
        guard at < count, html[at] != UInt8(ascii: ">") else { return none }
        let start = at
        if html[at] == UInt8(ascii: "\"") || html[at] == UInt8(ascii: "'") {
            skip(past: html[at], from: at + 1)
            return html[start + 1, max(start + 1, min(at, count + 1) - 1)]
        }
        while at < count, !html[at].isSpace, html[at] != UInt8(ascii: ">") { at += 1 }
        return html[start, at]
    }

    /// Moves to the end tag of a script, which may hold another in a comment.
    private mutating func skipScript(_ name: OpenElements.Name) {
        var isComment = false
        var isNested = false
        while at < html.count {
            let rest = html[at, html.count]
            if rest.starts(with: "-->") {
                isComment = false
                isNested = false
            } else if rest.starts(with: "<!--") {
                isComment = true
                at += 1  // the same hyphens may end it
            } else if rest.starts(with: "<script"), isComment, isEndOfName(at + 7) {
                isNested = true
            } else if rest.starts(with: "</script"), isEndOfName(at + 8) {
                guard isNested else { return }
                isNested = false
            }
            at += 1
        }
    }

    private func isEndOfName(_ place: Int) -> Bool {
        place < html.count
            && (html[place].isSpace || html[place] == UInt8(ascii: "/") || html[place] == UInt8(ascii: ">"))
    }

    /// Moves to the end tag of an element that holds text only.
    private mutating func skipRawText(_ name: OpenElements.Name) {
        guard name.tag != GUMBO_TAG_PLAINTEXT else {
            at = html.count
            return
        }
        while at < html.count {
            guard html[at] == UInt8(ascii: "<"), at + 2 < html.count, html[at + 1] == UInt8(ascii: "/"),
                html[at + 2].isLetter
            else {
                at += 1
                continue
            }
            let start = at
            if tagName(from: at + 2) == name {
                at = start
                return
            }
            at = start + 2
        }
    }
}
