/// What an element hands down to what it holds.
struct Style {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// In a code block: text is taken as it stands.
        static let inCode = Flags(rawValue: 1)
        /// In a title: blocks join its line.
        static let inTitle = Flags(rawValue: 2)
        /// Where an image can stand only as a link.
        static let imagesAsLinks = Flags(rawValue: 4)
        /// No block is inside, as was already looked up.
        static let knownInline = Flags(rawValue: 8)
    }

    enum Space: UInt8 { case collapse, keep, keepLines }

    var marks = Marks()
    var space = Space.collapse
    /// 1...6 in a heading.
    var heading: UInt8 = 0
    var alignment = Sketch.Alignment.start
    var flags: Flags = []

    /// As inside a container, whose blocks are headings no longer.
    var inContainer: Style {
        var style = self
        style.heading = 0
        style.flags.remove(.imagesAsLinks)
        return style
    }
}

extension Style {
    /// Takes over what a `style` attribute says.
    ///
    /// - Parameters:
    ///   - isLink: The element is a link, whose underline is no mark.
    ///   - paints: The element's background lies behind its text only.
    mutating func apply(_ css: Declarations, isLink: Bool, paints: Bool) {
        switch css.weight {
        case .bold: marks.flags.insert(.strong)
        case .normal: marks.flags.remove(.strong)
        case nil: break
        }
        switch css.slope {
        case .italic: marks.flags.insert(.em)
        case .normal: marks.flags.remove(.em)
        case nil: break
        }
        if css.isUnderlined, !isLink, marks.link == 0 { marks.flags.insert(.underline) }
        if css.isStruck { marks.flags.insert(.strike) }
        switch css.script {
        case .sub: setScript(.sub)
        case .sup: setScript(.sup)
        case .baseline: marks.flags.subtract([.sub, .sup])
        case nil: break
        }
        setColor(css.color)
        if paints { setBackground(css.background) }
        if let alignment = css.alignment { self.alignment = alignment }
        if !flags.contains(.inCode) {
            switch css.space {
            case .normal: space = .collapse
            case .pre: space = .keep
            case .preLine: space = .keepLines
            case nil: break
            }
        }
    }

    /// The innermost wins.
    mutating func setScript(_ script: Marks.Flags) {
        marks.flags.subtract([.sub, .sup])
        marks.flags.insert(script)
    }

    mutating func setColor(_ color: Color.Value) {
        switch color {
        case .rgb(let value): marks.color = value == 0 ? 0 : value | 0x0100_0000
        case .none: marks.color = 0
        case .inherited: break
        }
    }

    /// White hides what lies beneath; nothing lets it shine through.
    mutating func setBackground(_ color: Color.Value) {
        guard case .rgb(let value) = color else { return }
        marks.background = value == 0xFFFFFF ? 0 : value | 0x0100_0000
    }
}
