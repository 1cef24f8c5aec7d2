import Foundation
import TramlineModel

/// A message of a session's progress, as a client sees it.
enum WatchedMessage: Equatable {
    struct Progress: Equatable {
        var percentage: Double
        var stage: String
        var completed: Int
        var failed: Int
        var total: Int
        /// Whether the export has begun.
        var isStarted: Bool
        var minutesRemaining: Int?
    }

    case progress(Progress)
    struct Failure: Equatable {
        var reason: String
        var category: String
        /// The place, in the order of creation, of the ticket that failed.
        var ticket: Int?
        var isCancelled: Bool
        var isRetryAvailable: Bool
    }

    case complete(created: Int, dependencies: Int, fixes: Int, minutes: Double)
    case failed(Failure)
    /// Of a kind that this version does not know, such as the note that older messages are gone.
    case other

    /// Reads a message.
    /// - Returns: the message and its number, where it has one; `nil` for what is no message at all.
    static func read(_ bytes: Data) -> (message: WatchedMessage, sequence: Int64?)? {
        // Losing the parser's word is right: whatever is wrong with it, what is not an object with a type is no message.
        guard case .object(let members)? = try? JSONValue(parsing: bytes, depth: 20) else { return nil }
        let values = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard case .string(let type)? = values["type"] else { return nil }
        func text(_ name: String) -> String {
            if case .string(let text)? = values[name] { text } else { "" }
        }
        func number(_ name: String) -> Double? {
            if case .number(let number)? = values[name] { number.double } else { nil }
        }
        func integer(_ name: String) -> Int { number(name).flatMap(Int.init(exactly:)) ?? 0 }
        let sequence = number("sequence").flatMap(Int64.init(exactly:))
        let message: WatchedMessage =
            switch type {
            case "export_progress":
                .progress(
                    Progress(
                        percentage: min(max(number("progress_percentage") ?? 0, 0), 100),
                        stage: text("current_stage"),
                        completed: integer("tickets_completed"),
                        failed: integer("tickets_failed"),
                        total: integer("total_tickets"),
                        isStarted: text("status") != "ready",
                        minutesRemaining: number("estimated_time_remaining_minutes").flatMap(Int.init(exactly:))
                    )
                )
            case "export_complete":
                .complete(
                    created: integer("tickets_created"),
                    dependencies: integer("dependencies_created"),
                    fixes: integer("manual_fixes_needed"),
                    minutes: number("total_processing_time_minutes") ?? 0
                )
            case "export_failed":
                .failed(
                    Failure(
                        reason: text("error_message"),
                        category: text("error_category"),
                        ticket: number("failed_at_ticket").flatMap(Int.init(exactly:)),
                        isCancelled: text("status") == "cancelled",
                        isRetryAvailable: values["retry_available"] == .bool(true)
                    )
                )
            default:
                .other
            }
        return (message, sequence)
    }
}
