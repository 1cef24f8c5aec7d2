/// An offset page of a list.
struct Paging: Sendable {
    let startAt: Int
    let maxResults: Int

    /// - Returns: Nil when a parameter is no number, or out of range.
    init?(_ request: SimulatedRequest, standard: Int = 50, most: Int, refusesMore: Bool = false) {
        func number(_ name: String, _ standard: Int) -> Int? {
            request.queryValue(name).map { Int($0) } ?? standard
        }
        guard let start = number("startAt", 0), start >= 0, let size = number("maxResults", standard), size >= 0,
            !refusesMore || size <= most
        else { return nil }
        startAt = start
        maxResults = min(size, most)
    }

    /// The page's elements.
    func cut<Element>(_ all: [Element]) -> ArraySlice<Element> {
        all.dropFirst(startAt).prefix(maxResults)
    }

    /// A page with its figures.
    func page(_ all: [JSON], as name: String = "values", isLast: Bool = true) -> JSON {
        let elements = Array(cut(all))
        var members: [String: JSON] = [
            "startAt": .integer(startAt), "maxResults": .integer(maxResults), "total": .integer(all.count),
            name: .array(elements),
        ]
        if isLast { members["isLast"] = .bool(startAt + elements.count >= all.count) }
        return .object(members)
    }

    static let refusal = Answer.failure(400, ["The paging parameters are not valid."])
}
