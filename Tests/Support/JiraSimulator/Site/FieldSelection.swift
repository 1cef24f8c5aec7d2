/// Which fields of an issue a request asks for.
struct FieldSelection: Sendable {
    private var everything = false
    private var navigable = false
    private var wanted: Set<String> = []
    private var unwanted: Set<String> = []

    /// - Parameters:
    ///   - names: As sent: ids, `*all`, `*navigable`, and ids with `-` in front.
    ///   - standard: What an absent or empty list means.
    init(_ names: [String]?, standard: [String]) {
        let names = names.flatMap { $0.isEmpty ? nil : $0 } ?? standard
        for name in names.lazy.map({ $0.split(separator: " ").joined() }) where !name.isEmpty {
            if name == "*all" {
                everything = true
            } else if name == "*navigable" {
                navigable = true
            } else if name.hasPrefix("-") {
                unwanted.insert(String(name.dropFirst()))
            } else {
                wanted.insert(name)
            }
        }
        // Only exclusions: from everything, or from what a list is without names.
        if !everything, !navigable, wanted.isEmpty, !unwanted.isEmpty {
            everything = standard.contains("*all")
            navigable = !everything
        }
    }

    /// Whether nothing but the id is asked for.
    var isIDOnly: Bool { !everything && !navigable && wanted == ["id"] }

    /// Whether ids and keys suffice, so that pages may be long.
    var isNarrow: Bool { !everything && !navigable && wanted.isSubset(of: ["id", "key"]) }

    /// Whether a field is asked for.
    func contains(_ id: String) -> Bool {
        guard !unwanted.contains(id) else { return false }
        return everything || wanted.contains(id) || (navigable && !Self.notNavigable.contains(id))
    }

    private static let notNavigable: Set<String> = ["attachment", "comment", "worklog"]
}
