#if DEBUG
/// Where and when something happens to a process: `point`, or `point:n` for its n-th passing.
struct CrashPlan: Equatable {
    /// What happens, by the variable that says where.
    enum Effect: String, CaseIterable {
        /// It ends, as by `kill -9`.
        case crash = "TRAMLINE_CRASH_AT"
        /// It is stopped, as by `kill -STOP`, until somebody lets it go on.
        case stop = "TRAMLINE_STOP_AT"

        var variable: String { rawValue }
    }

    let effect: Effect
    let point: CrashPoint
    /// How often it has yet to be passed.
    private(set) var remaining: Int

    init(_ text: String, _ effect: Effect = .crash) throws(CrashPlanError) {
        let error = CrashPlanError(effect: effect, text: text)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let point = CrashPoint(rawValue: String(parts[0])) else { throw error }
        guard let passing = parts.count == 2 ? Int(parts[1]) : 1, passing > 0 else { throw error }
        self.effect = effect
        self.point = point
        remaining = passing
    }

    /// Notes that a point is passed.
    /// - Returns: Whether it happens here.
    mutating func passes(_ point: CrashPoint) -> Bool {
        guard point == self.point else { return false }
        remaining -= 1
        return remaining == 0
    }
}

/// A variable names no crash point.
struct CrashPlanError: Error, Equatable, CustomStringConvertible {
    let effect: CrashPlan.Effect
    let text: String

    var description: String {
        let points = CrashPoint.allCases.map { "  \($0.rawValue)" }.joined(separator: "\n")
        return """
            \(effect.variable) is “\(text.prefix(60))”, but must be a crash point, or one with the number of its passing \
            (example: \(effect.variable)=after-queue-claim:3). The crash points are:
            \(points)
            """
    }
}
#endif
