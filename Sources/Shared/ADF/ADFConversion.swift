/// What came of one conversion.
package struct ADFConversion: Sendable {
    /// The compact JSON, exactly as it is to be sent; nil when the report says `failed`.
    package let document: [UInt8]?
    /// What happened, for people and for the conversion test.
    package let report: ADFReport
    /// The whole visible text, one line per block, when the document was cut; to be attached.
    package let overflow: String?

    /// ``document`` as a string.
    package var json: String? { document.map { String(decoding: $0, as: UTF8.self) } }
}

/// What a conversion did and what a person can do about it.
package struct ADFReport: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable { case passed, failed }

    package let status: Status
    /// Why it failed.
    package let errorMessage: String?
    /// What a person can do about the failure.
    package let suggestedFix: String?
    /// UTF-8 bytes of the document as sent; nil when there is none.
    package let adfSizeBytes: Int?
    /// 100 × (1 − visible characters ÷ characters of the HTML), rounded to one decimal; 0 for empty input. UTF-16 units.
    package let characterReduction: Double?
    /// Characters of the visible text before any cut: UTF-16 units, one per line break. Nil when the input was not read.
    package let visibleCharacters: Int?
    /// Whether the document is shorter than the text because of Jira's limit.
    package let wasCut: Bool
    /// What was dropped or changed, one entry per kind, in the order of ``ADFWarning/Kind``.
    package let warnings: [ADFWarning]
}

/// One kind of loss or change, with the places it befell.
package struct ADFWarning: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A link whose address is relative or of a scheme that Jira does not take; its text is kept.
        case droppedLink = "dropped_link"
        /// A link in a title or a code block, which hold text only.
        case flattenedLink = "flattened_link"
        /// A picture that is part of the HTML or of another machine: it must be attached.
        case imageToAttach = "image_to_attach"
        /// A picture that became a link, where none can stand.
        case imageAsLink = "image_as_link"
        /// A structure that Jira has no place for was simplified.
        case flattened
        /// An embedded player or page became a link, or had no address to link to.
        case embedded
        /// A mention of somebody who is not of the project became text.
        case unknownMention = "unknown_mention"
        /// Tags were nested too deeply, or too many; some were ignored, their text is kept.
        case cappedNesting = "capped_nesting"
        /// Bytes that are not UTF-8, or NUL, became U+FFFD.
        case repairedText = "repaired_text"
        /// The description comes near Jira's limit.
        case nearLimit = "near_limit"
        /// The description was cut at Jira's limit.
        case cut
    }

    package let kind: Kind
    /// One sentence for people.
    package let message: String
    /// How often.
    package let count: Int
    /// The first few addresses, titles or names it is about, shortened.
    package let examples: [String]
}
