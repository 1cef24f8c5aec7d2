import CGumbo

/// Takes from a page, before it is parsed, what would make the parser slow: deep nesting, many formatting elements, many
/// attributes on a tag.
///
/// One pass over the bytes. Which elements are open is followed as the HTML standard has it, near enough
/// (``OpenElements``); where it is not exact it counts too many. What it overlooks meets the memory budget of the parser.
struct PreScan {
    struct Limits {
        var depth: Int
        var formatting: Int
        var attributes: Int
        /// Start tags; what comes after them is text. A page with more of them than this is either too long for Jira or
        /// shows next to nothing with them.
        var tags: Int

        static let usual = Limits(depth: 256, formatting: 32, attributes: 256, tags: 50_000)
        /// For the second try with a page that was too much for the parser.
        static let strict = Limits(depth: 32, formatting: 1, attributes: 16, tags: 20_000)
        /// For the third.
        static let textOnly = Limits(depth: 0, formatting: 0, attributes: 0, tags: 0)
    }

    private let html: Bytes
    private let limits: Limits
    private var open = OpenElements()
    private var at = 0
    private var kept = 0
    /// Where the tag that is read begins, and where in the result, once it is rewritten.
    private var tagStart = 0
    private var tagInResult: Int?
    private var tags = 0
    /// How many start tags of a name were ignored, so that as many end tags are.
    private var ignored: [OpenElements.Name: Int] = [:]

    /// The page without what was ignored; nil when nothing was.
    private(set) var result: [UInt8]?
    /// How many start tags were ignored.
    private(set) var ignoredTags = 0

    init(_ html: Bytes, _ limits: Limits) {
        self.html = html
        self.limits = limits
        run()
    }

    private mutating func run() {
        let count = html.count
        while at < count {
            guard html[at] == UInt8(ascii: "<") else {
                at += 1
                continue
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
            default: at += 1
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

    // MARK: Tags

    private mutating func startTag() {
        tagStart = at
        tagInResult = nil
        let name = tagName(from: at + 1)
        if name.isNewBlock { rename(from: tagStart + 1) }
        let isSelfClosing = skipAttributes()
        guard at <= html.count else { return }  // the page ends inside the tag, which is then none
        tags += 1
        if tags > limits.tags
            || open.wouldExceed(depth: limits.depth, formatting: limits.formatting, with: name)
        {
            ignoredTags += 1
            ignored[name, default: 0] += name.isVoid ? 0 : 1
            dropTag(name)
            return
        }
        open.start(name, isSelfClosing: isSelfClosing)
        if name.isRawText, open.readsRawText { skipRawText(name) }
    }

    private mutating func endTag() {
        tagStart = at
        tagInResult = nil
        let name = tagName(from: at + 2)
        if name.isNewBlock { rename(from: tagStart + 2) }
        _ = skipAttributes()
        guard at <= html.count else { return }
        if let count = ignored[name], count > 0 {
            ignored[name] = count - 1
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

    /// Moves past the end of the tag, beyond the end of the page when it has none. Says whether the tag closes itself.
    private mutating func skipAttributes() -> Bool {
        let count = html.count
        var attributes = 0
        var isSelfClosing = false
        var surplus: Int?
        while true {
            while at < count, html[at].isSpace || html[at] == UInt8(ascii: "/") {
                isSelfClosing = html[at] == UInt8(ascii: "/")
                at += 1
            }
            guard at < count else {
                at = count + 1
                return false
            }
            if html[at] == UInt8(ascii: ">") { break }
            isSelfClosing = false
            attributes += 1
            if attributes > limits.attributes, surplus == nil { surplus = at }
            at += 1
            while at < count, !html[at].isSpace, html[at] != UInt8(ascii: "/"), html[at] != UInt8(ascii: ">"),
                html[at] != UInt8(ascii: "=")
            { at += 1 }
            skipValue()
        }
        if let surplus { dropAttributes(from: surplus) }
        at += 1
        return isSelfClosing
    }

    private mutating func skipValue() {
        let count = html.count
        while at < count, html[at].isSpace { at += 1 }
        guard at < count, html[at] == UInt8(ascii: "=") else { return }
        at += 1
        while at < count, html[at].isSpace { at += 1 }
        guard at < count, html[at] != UInt8(ascii: ">") else { return }
        if html[at] == UInt8(ascii: "\"") || html[at] == UInt8(ascii: "'") {
            skip(past: html[at], from: at + 1)
        } else {
            while at < count, !html[at].isSpace, html[at] != UInt8(ascii: ">") { at += 1 }
        }
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
