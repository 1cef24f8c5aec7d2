import Foundation

/// What a document shows, read from its JSON without the help of the converter.
struct Shown {
    private(set) var words: [String] = []
    private(set) var links: Set<String> = []
    private var text = ""

    init(_ document: [UInt8]) throws {
        let root = try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any] ?? [:]
        read(root)
        words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init)
    }

    private mutating func read(_ node: [String: Any]) {
        let attributes = node["attrs"] as? [String: Any] ?? [:]
        for mark in node["marks"] as? [[String: Any]] ?? [] {
            if let address = (mark["attrs"] as? [String: Any])?["href"] as? String { links.insert(address) }
        }
        switch node["type"] as? String {
        case "text": text += node["text"] as? String ?? ""
        case "mention", "status": text += attributes["text"] as? String ?? ""
        case "media": links.insert(attributes["url"] as? String ?? "")
        case let type:
            if type == "expand" || type == "nestedExpand" { text += "\n\(attributes["title"] as? String ?? "")\n" }
            for child in node["content"] as? [[String: Any]] ?? [] { read(child) }
            text += "\n"
        }
    }

    /// Whether words stand in the document in this order, others between them or not.
    func shows(inOrder wanted: [String]) -> String? {
        var rest = words[...]
        for word in wanted {
            guard let at = rest.firstIndex(of: word) else { return word }
            rest = rest[(at + 1)...]
        }
        return nil
    }
}

/// A generator that gives the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    /// The seed of `TRAMLINE_TEST_SEED`, else a fresh one.
    init() {
        self.init(
            seed: ProcessInfo.processInfo.environment["TRAMLINE_TEST_SEED"].flatMap { UInt64($0) }
                ?? .random(in: 1...(.max))
        )
    }

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    // https://prng.di.unimi.it/splitmix64.c
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
