/// The order of a search's results, and places in it.
struct SearchOrder: Sendable {
    /// One component of a place.
    enum Component: Sendable, Hashable {
        case none
        case number(Int)
        case text(String)

        var json: JSON {
            switch self {
            case .none: .null
            case .number(let number): .integer(number)
            case .text(let text): .string(text)
            }
        }

        init(_ json: JSON) {
            switch json {
            case .integer(let number): self = .number(number)
            case .string(let text): self = .text(text)
            default: self = .none
            }
        }

        /// Whether this comes first going upwards; nothing comes last.
        func isBefore(_ other: Component) -> Bool {
            switch (self, other) {
            case (.number(let one), .number(let two)): one < two
            case (.text(let one), .text(let two)): one < two
            case (.none, _): false
            case (_, .none): true
            case (.number, .text): true
            case (.text, .number): false
            }
        }
    }

    private let descending: [Bool]
    private let components: [@Sendable (SimulatedIssue) -> Component]

    /// - Parameter ordering: As queried; nothing means the newest first.
    /// - Throws: ``JQLFault`` for a field that cannot be ordered by.
    init(_ ordering: [JQLQuery.Ordering]) throws(JQLFault) {
        var descending: [Bool] = []
        var components: [@Sendable (SimulatedIssue) -> Component] = []
        func add(_ isDescending: Bool, _ component: @escaping @Sendable (SimulatedIssue) -> Component) {
            descending.append(isDescending)
            components.append(component)
        }
        for order in ordering {
            switch order.field.lowercased() {
            case "created", "createddate": add(order.isDescending) { .number($0.created) }
            case "updated", "updateddate": add(order.isDescending) { .number($0.updated) }
            case "key", "issuekey", "id", "issue":
                add(order.isDescending) { .text($0.projectKey) }
                add(order.isDescending) { .number($0.number) }
            case "project": add(order.isDescending) { .text($0.projectKey) }
            case "summary": add(order.isDescending) { .text($0.summary.lowercased()) }
            // The highest priority has the lowest id; upwards means from the lowest priority.
            case "priority":
                add(order.isDescending) { issue in
                    .number(-(Priority.all.first { $0.name == issue.priority }.flatMap { Int($0.id) } ?? 0))
                }
            case "status": add(order.isDescending) { .text($0.status) }
            case "issuetype", "type": add(order.isDescending) { .text($0.type) }
            case "assignee": add(order.isDescending) { $0.assignee.map { .text($0) } ?? .none }
            case "duedate", "due": add(order.isDescending) { $0.dueDate.map { .text($0) } ?? .none }
            default:
                throw JQLFault(
                    message: "Field '\(order.field)' does not exist or you do not have permission to view it."
                )
            }
        }
        // The id settles ties, so that places are never equal.
        add(ordering.isEmpty) { .number($0.id) }
        self.descending = descending
        self.components = components
    }

    /// Where an issue stands.
    func place(of issue: SimulatedIssue) -> [Component] {
        components.map { $0(issue) }
    }

    /// Whether one place comes before another.
    func isBefore(_ one: [Component], _ two: [Component]) -> Bool {
        // By hand: tests run unoptimised, and sorting is what a search of ten thousand issues spends its time on.
        var index = 0
        while index < descending.count, index < one.count, index < two.count {
            if one[index].isBefore(two[index]) { return !descending[index] }
            if two[index].isBefore(one[index]) { return descending[index] }
            index += 1
        }
        return false
    }
}
