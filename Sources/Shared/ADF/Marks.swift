/// How a run of text looks. Small enough to be compared at every run.
struct Marks: Equatable {
    struct Flags: OptionSet {
        let rawValue: UInt16
        static let strong = Flags(rawValue: 1)
        static let em = Flags(rawValue: 2)
        static let underline = Flags(rawValue: 4)
        static let strike = Flags(rawValue: 8)
        static let code = Flags(rawValue: 16)
        static let sub = Flags(rawValue: 32)
        static let sup = Flags(rawValue: 64)
    }

    var flags: Flags = []
    /// 0x01RRGGBB, or 0 for none.
    var color: UInt32 = 0
    /// 0x01RRGGBB, or 0 for none.
    var background: UInt32 = 0
    /// The number of an address in the sketch, counted from 1; 0 for none.
    var link: Int32 = 0

    /// What of it may stand together: `code` only with a link, a text colour not with a link; in the plain profile only
    /// strong, em, strike, code and link.
    func lawful(in profile: ADFConverter.Profile) -> Marks {
        var marks = self
        if marks.flags.contains(.code) {
            marks.flags = .code
            marks.color = 0
            marks.background = 0
        }
        if marks.link != 0 { marks.color = 0 }
        if profile == .plain {
            marks.flags.formIntersection([.strong, .em, .strike, .code])
            marks.color = 0
            marks.background = 0
        }
        return marks
    }
}
