/// Collects what a conversion drops or changes; at most a few examples of each kind are kept.
struct Findings {
    private var counts = [Int](repeating: 0, count: ADFWarning.Kind.allCases.count)
    private var examples = [[String]](repeating: [], count: ADFWarning.Kind.allCases.count)

    private static let examplesKept = 5
    private static let exampleLength = 80

    private func index(_ kind: ADFWarning.Kind) -> Int { ADFWarning.Kind.allCases.firstIndex(of: kind)! }

    mutating func note(_ kind: ADFWarning.Kind, _ example: String = "", times: Int = 1) {
        let index = index(kind)
        counts[index] += times
        guard !example.isEmpty, examples[index].count < Self.examplesKept else { return }
        let short = example.count > Self.exampleLength ? example.prefix(Self.exampleLength) + "…" : example[...]
        examples[index].append(String(short))
    }

    mutating func note(_ kind: ADFWarning.Kind, bytes example: some Sequence<UInt8>) {
        let index = index(kind)
        guard examples[index].count < Self.examplesKept else {
            counts[index] += 1
            return
        }
        note(kind, String(decoding: Array(example.prefix(4 * Self.exampleLength)), as: UTF8.self))
    }

    mutating func reset(_ kind: ADFWarning.Kind) {
        counts[index(kind)] = 0
        examples[index(kind)] = []
    }

    var warnings: [ADFWarning] {
        ADFWarning.Kind.allCases.enumerated().compactMap { index, kind in
            guard counts[index] > 0 else { return nil }
            return ADFWarning(kind: kind, message: kind.sentence, count: counts[index], examples: examples[index])
        }
    }
}

extension ADFWarning.Kind {
    /// What it means and what a person can do.
    fileprivate var sentence: String {
        switch self {
        case .droppedLink: "Links whose address Jira does not take were dropped; their text is kept"
        case .flattenedLink: "Links in titles or code blocks were dropped; their text is kept"
        case .imageToAttach: "Images that are not on the web must be attached to the ticket"
        case .imageAsLink: "Images became links where Jira cannot show one"
        case .flattened: "Structures that Jira has no place for were simplified; their text is kept"
        case .embedded: "Embedded media became links, or was dropped where it has no web address"
        case .unknownMention: "Mentions of people outside the project became text"
        case .cappedNesting: "Tags that are nested too deeply or too many were ignored; their text is kept"
        case .repairedText: "Characters that are not valid text were replaced by U+FFFD"
        case .nearLimit: "The description comes near Jira's limit of 32,767 characters"
        case .cut: "The description was cut: it is longer than Jira's 32,767 characters, or too large in Jira's format"
        }
    }
}
