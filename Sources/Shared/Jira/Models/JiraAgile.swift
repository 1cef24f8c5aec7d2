package import Foundation

/// A board.
package struct JiraBoard: JiraReadable, Hashable {
    package let id: Int
    package let name: String
    /// `scrum`, `kanban` or `simple`.
    package let type: String?
    package let projectKey: String?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.int else { return nil }
        self.id = id
        name = json["name"]?.string ?? ""
        type = json["type"]?.string
        projectKey = json["location"]?["projectKey"]?.string
    }
}

/// The part of a board's configuration that tells how work is estimated.
package struct JiraBoardConfiguration: JiraReadable, Hashable {
    package let id: Int
    /// The field of the estimate; `nil` for boards without one: kanban boards, and scrum boards that count issues.
    package let estimationFieldID: String?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.int else { return nil }
        self.id = id
        estimationFieldID = json["estimation"]?["field"]?["fieldId"]?.string
    }
}

/// A sprint, from a board's list or from an issue's sprint field.
package struct JiraSprint: JiraReadable, Hashable {
    package enum State: Sendable, Hashable {
        case future, active, closed
        case other(String)

        init(_ word: String) {
            switch word {
            case "future": self = .future
            case "active": self = .active
            case "closed": self = .closed
            default: self = .other(word)
            }
        }

        var word: String {
            switch self {
            case .future: "future"
            case .active: "active"
            case .closed: "closed"
            case .other(let word): word
            }
        }
    }

    package let id: Int
    package let name: String
    package let state: State
    /// The board it was made on.
    package let boardID: Int?
    package let goal: String?
    package let startDate: Date?
    package let endDate: Date?
    package let completeDate: Date?

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.int, let state = json["state"]?.string else { return nil }
        self.id = id
        self.state = State(state.lowercased())
        name = json["name"]?.string ?? ""
        boardID = json["originBoardId"]?.int ?? json["boardId"]?.int
        goal = json["goal"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        startDate = json["startDate"]?.string.flatMap(JiraTime.date(fromISO:))
        endDate = json["endDate"]?.string.flatMap(JiraTime.date(fromISO:))
        completeDate = json["completeDate"]?.string.flatMap(JiraTime.date(fromISO:))
    }
}
