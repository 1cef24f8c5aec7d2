#if DEBUG
/// Where and when a process ends, as `TRAMLINE_CRASH_AT` says it: `point`, or `point:n` for its n-th passing.
struct CrashPlan: Equatable {
    let point: CrashPoint
    /// How often it has yet to be passed.
    private(set) var remaining: Int

    init(_ text: String) throws(CrashPlanError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let point = CrashPoint(rawValue: String(parts[0])) else { throw CrashPlanError(text: text) }
        guard let passing = parts.count == 2 ? Int(parts[1]) : 1, passing > 0 else { throw CrashPlanError(text: text) }
        self.point = point
        remaining = passing
    }

    /// Notes that a point is passed.
    /// - Returns: Whether the process ends here.
    mutating func passes(_ point: CrashPoint) -> Bool {
        guard point == self.point else { return false }
        remaining -= 1
        return remaining == 0
    }
}

/// `TRAMLINE_CRASH_AT` names no crash point.
struct CrashPlanError: Error, Equatable, CustomStringConvertible {
    let text: String

    var description: String {
        let points = CrashPoint.allCases.map { "  \($0.rawValue)" }.joined(separator: "\n")
        return """
            TRAMLINE_CRASH_AT is “\(text.prefix(60))”, but must be a crash point, or one with the number of its passing \
            (example: TRAMLINE_CRASH_AT=after-queue-claim:3). The crash points are:
            \(points)
            """
    }
}
#endif
