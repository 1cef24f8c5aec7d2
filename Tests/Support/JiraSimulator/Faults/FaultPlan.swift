/// The faults that are set, and how often each has been met. Pure.
struct FaultPlan: Sendable {
    private struct Entry {
        let fault: Fault
        var seen = 0
        var applied = 0
        var random: SplitMix

        init(_ fault: Fault) {
            self.fault = fault
            if case .chance(_, let seed) = fault.occurrence {
                random = SplitMix(seed: seed)
            } else {
                random = SplitMix(seed: 0)
            }
        }
    }

    /// What meets one request.
    struct Meeting: Sendable {
        /// The effect that settles how it ends, if any.
        var ending: Fault.Effect?
        /// The others, in the order set.
        var twists: [Fault.Effect] = []

        /// The names, for the journal; nil when nothing met.
        var name: String? {
            let names = (twists + (ending.map { [$0] } ?? [])).map(\.kind)
            return names.isEmpty ? nil : names.joined(separator: "+")
        }
    }

    private var entries: [Entry]

    init(_ faults: [Fault] = []) {
        entries = faults.map { Entry($0) }
    }

    /// The faults set, with how often each was applied.
    var faults: [(fault: Fault, applied: Int)] { entries.map { ($0.fault, $0.applied) } }

    mutating func add(_ faults: [Fault]) {
        entries.append(contentsOf: faults.map { Entry($0) })
    }

    mutating func removeAll() {
        entries.removeAll()
    }

    /// What meets a request. Every matching fault counts it; of those that end a request, the first applies.
    mutating func meet(site: String, method: String, path: String, title: String?) -> Meeting {
        var meeting = Meeting()
        for index in entries.indices {
            let fault = entries[index].fault
            guard fault.site == nil || fault.site == site,
                fault.method == nil || fault.method == method,
                fault.title == nil || fault.title == title,
                fault.path.map({ Self.matches(path, $0) }) ?? true
            else { continue }
            entries[index].seen += 1
            let due =
                switch fault.occurrence {
                case .all: true
                case .nth(let number): entries[index].seen == number
                case .first(let count): entries[index].seen <= count
                case .every(let count): entries[index].seen % count == 0
                case .chance(let chance, _): Double.random(in: 0..<1, using: &entries[index].random) < chance
                }
            guard due, fault.limit.map({ entries[index].applied < $0 }) ?? true else { continue }
            if fault.effect.isEnding {
                guard meeting.ending == nil else { continue }
                meeting.ending = fault.effect
            } else {
                meeting.twists.append(fault.effect)
            }
            entries[index].applied += 1
        }
        return meeting
    }

    /// Whether a path fits a pattern with `*` for a segment and a last `**` for any rest.
    static func matches(_ path: String, _ pattern: String) -> Bool {
        let segments = path.split(separator: "/")
        let wanted = pattern.split(separator: "/")
        for (index, want) in wanted.enumerated() {
            if want == "**", index == wanted.count - 1 { return true }
            guard index < segments.count, want == "*" || want == segments[index] else { return false }
        }
        return segments.count == wanted.count
    }
}
