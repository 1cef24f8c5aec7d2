/// What of a `style` attribute matters here.
struct Declarations {
    enum Weight { case bold, normal }
    enum Slope { case italic, normal }
    enum Script { case sub, sup, baseline }
    enum Display { case none, block, inline }
    enum Space { case normal, pre, preLine }

    var weight: Weight?
    var slope: Slope?
    var script: Script?
    var display: Display?
    var space: Space?
    var alignment: Sketch.Alignment?
    var color: Color.Value = .inherited
    var background: Color.Value = .inherited
    var hasDecoration = false
    var isUnderlined = false
    var isStruck = false
    /// `mso-hide:all`
    var isHidden = false
    /// The value of `mso-list`.
    var wordList: Bytes?

    init() {}

    /// Reads a declaration list; what it does not know it passes over.
    init(_ style: Bytes) {
        var at = 0
        var hasBrackets = true
        while at < style.count {
            var colon = at
            while colon < style.count, style[colon] != UInt8(ascii: ":"), style[colon] != UInt8(ascii: ";") {
                colon += 1
            }
            guard colon < style.count else { return }
            guard style[colon] == UInt8(ascii: ":") else {
                at = colon + 1
                continue
            }
            let end = Self.endOfValue(style, from: colon + 1, &hasBrackets)
            let name = style[at, colon].trimmed
            if name.count > 3 { read(name, style[colon + 1, end]) }
            at = end + 1
        }
    }

    /// The next semicolon that is not in brackets or quotation marks.
    ///
    /// - Parameter hasBrackets: Whether brackets count. They do until one is found that is never closed.
    private static func endOfValue(_ style: Bytes, from start: Int, _ hasBrackets: inout Bool) -> Int {
        var at = start
        var depth = 0
        while at < style.count {
            switch style[at] {
            case UInt8(ascii: ";"): if depth <= 0 { return at }
            case UInt8(ascii: "(") where hasBrackets: depth += 1
            case UInt8(ascii: ")") where hasBrackets: depth -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                // A quotation mark that is never closed quotes nothing.
                if let close = style[(at + 1)...].firstIndex(of: style[at]) {
                    at = close
                } else {
                    return firstSemicolon(style, at)
                }
            default: break
            }
            at += 1
        }
        guard depth > 0 else { return at }
        hasBrackets = false
        return firstSemicolon(style, start)
    }

    private static func firstSemicolon(_ style: Bytes, _ from: Int) -> Int {
        style[from...].firstIndex(of: UInt8(ascii: ";")) ?? style.count
    }

    private mutating func read(_ name: Bytes, _ raw: Bytes) {
        switch name[0].lowercased {
        case UInt8(ascii: "b"):
            if name.matches("background-color") {
                background = Color.read(Self.value(raw))
            } else if name.matches("background") {
                Self.value(raw).eachWord { if background == .inherited { background = Color.read($0) } }
                if Self.value(raw).starts(with: "rgb") { background = Color.read(Self.value(raw)) }
            }
        case UInt8(ascii: "c"):
            if name.matches("color") { color = Color.read(Self.value(raw)) }
        case UInt8(ascii: "d"):
            if name.matches("display") { readDisplay(Self.value(raw)) }
        case UInt8(ascii: "f"):
            if name.matches("font-weight") {
                readWeight(Self.value(raw))
            } else if name.matches("font-style") {
                let value = Self.value(raw)
                if value.matches("italic") || value.starts(with: "oblique") { slope = .italic }
                if value.matches("normal") { slope = .normal }
            }
        case UInt8(ascii: "m"):
            if name.matches("mso-list") {
                wordList = raw.trimmed
            } else if name.matches("mso-hide") {
                isHidden = Self.value(raw).matches("all")
            }
        case UInt8(ascii: "t"):
            if name.matches("text-decoration") || name.matches("text-decoration-line") {
                hasDecoration = true
                isUnderlined = false
                isStruck = false
                raw.eachWord {
                    if $0.matches("underline") { isUnderlined = true }
                    if $0.matches("line-through") { isStruck = true }
                }
            } else if name.matches("text-align") {
                let value = Self.value(raw)
                alignment = Self.alignment(value) ?? alignment
            }
        case UInt8(ascii: "v"):
            if name.matches("vertical-align") {
                let value = Self.value(raw)
                if value.matches("sub") { script = .sub }
                if value.matches("super") { script = .sup }
                if value.matches("baseline") { script = .baseline }
            }
        case UInt8(ascii: "w"):
            if name.matches("white-space") || name.matches("white-space-collapse") { readSpace(Self.value(raw)) }
        default: break
        }
    }

    /// Without white space and `!important`.
    private static func value(_ raw: Bytes) -> Bytes {
        let text = raw.trimmed
        guard let mark = text.firstIndex(of: UInt8(ascii: "!")) else { return text }
        return text[0, mark].trimmed
    }

    static func alignment(_ value: Bytes) -> Sketch.Alignment? {
        if value.matches("center") || value.matches("-webkit-center") || value.matches("middle") { return .center }
        if value.matches("right") || value.matches("end") || value.matches("-webkit-right") { return .end }
        if value.matches("left") || value.matches("start") || value.matches("justify") { return .start }
        return nil
    }

    private mutating func readWeight(_ value: Bytes) {
        if value.matches("bold") || value.matches("bolder") {
            weight = .bold
        } else if value.matches("normal") || value.matches("lighter") {
            weight = .normal
        } else if let number = value.leadingInteger {
            weight = number >= 600 ? .bold : .normal
        }
    }

    private mutating func readDisplay(_ value: Bytes) {
        if value.matches("none") {
            display = Display.none
        } else if value.matches("inline") || value.matches("contents") || value.starts(with: "inline-") {
            display = .inline
        } else if value.matches("block") || value.matches("flex") || value.matches("grid")
            || value.starts(with: "table")
            || value.matches("list-item") || value.matches("flow-root")
        {
            display = .block
        }
    }

    private mutating func readSpace(_ value: Bytes) {
        if value.matches("pre-line") || value.matches("preserve-breaks") {
            space = .preLine
        } else if value.starts(with: "pre") || value.matches("break-spaces") {
            space = .pre
        } else if value.matches("normal") || value.matches("nowrap") || value.matches("collapse")
            || value.matches("initial")
        {
            space = .normal
        }
    }
}
