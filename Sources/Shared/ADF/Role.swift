import CGumbo

/// What an element of HTML is to the walk.
enum Role: UInt8 {
    /// Transparent, and so are elements that HTML does not know.
    case inline, unknown
    /// Not shown, with all it holds.
    case hidden
    case block, paragraph, heading, list, item, code, quote, details, summary
    case table, caption, row, cell, term, figureCaption
    case rule, lineBreak, image, link, embed, object
    case quotation, rubyText, select, textarea, input

    private static let count = Int(GUMBO_TAG_LAST.rawValue)

    @inline(__always)
    static func of(_ tag: GumboTag) -> Role { roles[Int(tag.rawValue)] }

    private static let roles: [Role] = {
        var table = [Role](repeating: .inline, count: count)
        func set(_ role: Role, _ names: String) {
            for name in names.split(separator: " ") { table[Int(gumbo_tag_enum(String(name)).rawValue)] = role }
        }
        table[Int(GUMBO_TAG_UNKNOWN.rawValue)] = .unknown
        set(
            .hidden,
            """
            head script style template title noscript noembed noframes param source track base link meta basefont bgsound \
            col colgroup datalist area rp keygen nextid frame
            """
        )
        set(
            .block,
            """
            div section article header footer main nav aside address center form fieldset legend dl dd figure hgroup \
            multicol optgroup option
            """
        )
        set(.paragraph, "p")
        set(.heading, "h1 h2 h3 h4 h5 h6")
        set(.list, "ul ol menu dir")
        set(.item, "li")
        set(.code, "pre listing xmp plaintext")
        set(.quote, "blockquote")
        set(.details, "details")
        set(.summary, "summary")
        set(.table, "table")
        set(.caption, "caption")
        set(.figureCaption, "figcaption")
        set(.row, "tr")
        set(.cell, "td th")
        set(.term, "dt")
        set(.rule, "hr")
        set(.lineBreak, "br")
        set(.image, "img image")
        set(.link, "a")
        set(.embed, "iframe video audio embed")
        set(.object, "object")
        set(.quotation, "q")
        set(.rubyText, "rt")
        set(.select, "select")
        set(.textarea, "textarea")
        set(.input, "input")
        return table
    }()

    /// The marks that an element has by itself.
    @inline(__always)
    static func marks(of tag: GumboTag) -> Marks.Flags { markTable[Int(tag.rawValue)] }

    private static let markTable: [Marks.Flags] = {
        var table = [Marks.Flags](repeating: [], count: count)
        func set(_ marks: Marks.Flags, _ names: String) {
            for name in names.split(separator: " ") { table[Int(gumbo_tag_enum(String(name)).rawValue)] = marks }
        }
        set(.strong, "b strong")
        set(.em, "i em cite dfn var")
        set(.underline, "u ins")
        set(.strike, "s strike del")
        set(.code, "code kbd samp tt")
        set(.sub, "sub")
        set(.sup, "sup")
        return table
    }()
}
