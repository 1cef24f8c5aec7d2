package import Foundation
package import TramlineModel

extension Date {
    /// To the second, in UTC, for tables.
    package var forTable: String {
        formatted(.iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)) + "Z"
    }
}

extension Duration {
    /// In one unit, as people say it: `0.4s`, `12s`, `3m`, `5h`, `2d`.
    package var forTable: String {
        let seconds = inSeconds
        return switch seconds {
        case ..<0.05: "0s"
        case ..<9.95: "\((seconds * 10).rounded() / 10)s".replacing(".0s", with: "s")
        case ..<119.5: "\(Int(seconds.rounded()))s"
        case ..<7200: "\(Int(seconds / 60))m"
        case ..<172_800: "\(Int(seconds / 3600))h"
        default: "\(Int(seconds / 86_400))d"
        }
    }
}

extension JSONValue {
    /// A number of seconds with at most three decimals.
    package static func seconds(_ duration: Duration) -> JSONValue {
        let milliseconds = duration.milliseconds
        guard milliseconds % 1000 != 0 else { return .integer(milliseconds / 1000) }
        return .number(JSONNumber(thousandths: milliseconds))
    }
}
