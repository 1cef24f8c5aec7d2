import CGumbo

/// What the HTML standard says of elements in general.
struct TagTraits: OptionSet {
    let rawValue: UInt32
    static let void = TagTraits(rawValue: 1)
    /// In the list of active formatting elements.
    static let formatting = TagTraits(rawValue: 2)
    static let special = TagTraits(rawValue: 4)
    static let closesParagraph = TagTraits(rawValue: 8)
    /// Ends the search for an element "in scope".
    static let scope = TagTraits(rawValue: 16)
    /// The same for an element "in table scope".
    static let table = TagTraits(rawValue: 32)
    /// Opens a new part of the list of formatting elements.
    static let marker = TagTraits(rawValue: 64)
    static let heading = TagTraits(rawValue: 128)
    static let tablePart = TagTraits(rawValue: 256)
    /// `html`, `head`, `body` and `frame`, which never nest.
    static let page = TagTraits(rawValue: 512)
    static let rawText = TagTraits(rawValue: 1024)
    /// Ends with what is around it, and with a part of `ruby`.
    static let impliedEnd = TagTraits(rawValue: 2048)
    /// Leaves SVG and MathML.
    static let breaksOut = TagTraits(rawValue: 4096)
    /// Holds HTML inside SVG.
    static let svgIntegration = TagTraits(rawValue: 8192)
    /// Holds HTML inside MathML.
    static let mathIntegration = TagTraits(rawValue: 16384)
    static let button = TagTraits(rawValue: 32768)
    static let list = TagTraits(rawValue: 65536)
    /// Whose end tag closes all that is open in it; that of others stops at a special element.
    static let endsInScope = TagTraits(rawValue: 131_072)

    static let buttonScope: TagTraits = [.scope, .button]
    static let listScope: TagTraits = [.scope, .list]

    static let count = GUMBO_TAG_UNKNOWN.rawValue

    /// By the parser's numbers.
    static let all: [TagTraits] = {
        var table = [TagTraits](repeating: [], count: Int(count))
        func set(_ traits: TagTraits, _ names: String) {
            for name in names.split(separator: " ") {
                table[Int(gumbo_tag_enum(String(name)).rawValue)].formUnion(traits)
            }
        }
        set(
            .void,
            """
            area base basefont bgsound br col embed frame hr image img input isindex keygen link menuitem meta param source \
            spacer track wbr
            """
        )
        set(.formatting, "a b big code em font i nobr s small strike strong tt u")
        set(
            .special,
            """
            address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd \
            details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header \
            hgroup hr html iframe img input isindex li link listing main marquee menu meta nav noembed noframes noscript \
            object ol p param plaintext pre script section select source style summary table tbody td template textarea \
            tfoot th thead title tr track ul wbr xmp
            """
        )
        set(
            .closesParagraph,
            """
            address article aside blockquote center details dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 \
            h6 header hgroup hr isindex listing main menu nav ol p plaintext pre section summary ul xmp
            """
        )
        set(
            .endsInScope,
            """
            address applet article aside blockquote button center dd details dir div dl dt fieldset figcaption figure footer \
            header hgroup listing main marquee menu nav object ol pre section summary template ul
            """
        )
        set(.scope, "applet caption html table td th marquee object template")
        set(.table, "html table template")
        set(.marker, "applet marquee object td th caption template")
        set(.heading, "h1 h2 h3 h4 h5 h6")
        set(.tablePart, "caption col colgroup tbody td tfoot th thead tr")
        set(.page, "html head body frame")
        set(.rawText, "script style xmp iframe noembed noframes textarea title plaintext")
        set(.impliedEnd, "dd dt li optgroup option p rb rp rt rtc")
        set(
            .breaksOut,
            """
            b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu \
            meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var
            """
        )
        set(.svgIntegration, "foreignobject desc title")
        set(.mathIntegration, "mi mo mn ms mtext")
        set(.button, "button")
        set(.list, "ol ul")
        return table
    }()
}
