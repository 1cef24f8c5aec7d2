/// Converts the HTML of a rich-text editor into the Atlassian Document Format of a Jira Cloud description.
///
/// Pure: no I/O, no clock, no shared state, so any number of conversions may run at once. The same bytes in always give the
/// same bytes out. Nothing visible is lost: what the format cannot hold is simplified, and the report says how. It never
/// throws and never traps on any input; what cannot be converted is told by the report (``ADFReport/status-swift.property``).
///
/// It works on the calling thread for up to some tens of milliseconds, so callers on an event loop hop off it first.
package struct ADFConverter: Sendable {
    /// Which part of the format may be used.
    package enum Profile: Sendable, Hashable {
        /// Everything that a Jira Cloud description holds.
        case full
        /// Paragraph, heading, lists, code block, quote, rule, table; strong, em, strike, code, link. For the one retry
        /// after Jira's `INVALID_INPUT`.
        case plain
    }

    /// What to do with a description that is longer than Jira allows.
    package enum LengthPolicy: Sendable, Hashable {
        /// The report says `failed` and how to mend it; there is no document. For the conversion test.
        case refuse
        /// The body is cut once at a block boundary, `note` follows as the last paragraph, and the whole text is handed
        /// over in ``ADFConversion/overflow``. For the export. The note is one line of at most 1,000 characters.
        case cut(note: String)
    }

    /// How to convert.
    package struct Options: Sendable {
        /// Default: full.
        package var profile: Profile
        /// Default: refuse.
        package var length: LengthPolicy
        /// How long a description may be, visible characters in UTF-16 units, 1...``ADFConverter/lengthLimit``: the default.
        package var characters: Int
        /// Account ids of the project's people. A mention of anybody else stays text. Default: none.
        package var knownAccounts: Set<String>

        package init(
            profile: Profile = .full,
            length: LengthPolicy = .refuse,
            characters: Int = ADFConverter.lengthLimit,
            knownAccounts: Set<String> = []
        ) {
            self.profile = profile
            self.length = length
            self.characters = min(max(1, characters), ADFConverter.lengthLimit)
            self.knownAccounts = knownAccounts
        }
    }

    /// Larger inputs are refused, bytes.
    package static let inputLimit = 1 << 20
    /// Jira refuses longer descriptions, visible characters in UTF-16 units.
    package static let lengthLimit = 32_767
    /// Larger documents are refused, or cut as longer ones are, bytes of JSON: 64 for each visible character that Jira
    /// allows. What people write takes a tenth of it; a page in which a long address lies on each word takes gigabytes.
    package static let sizeLimit = 2 << 20
    /// From here on the report warns, visible characters in UTF-16 units.
    package static let lengthWarning = 30_000

    /// Of a note, characters.
    static let noteLimit = 1000

    package let options: Options

    package init(options: Options = Options()) {
        self.options = options
    }

    /// Converts a fragment or a page.
    package func convert(_ html: String) -> ADFConversion {
        var html = html
        return html.withUTF8 { convert(utf8: $0) }
    }

    /// Converts a fragment or a page from bytes, which are repaired where they are not UTF-8.
    package func convert(_ html: [UInt8]) -> ADFConversion {
        html.withUnsafeBufferPointer { convert(utf8: $0) }
    }
}
