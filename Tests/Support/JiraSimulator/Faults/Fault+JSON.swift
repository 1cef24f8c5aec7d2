extension Fault {
    /// Why a text is no fault.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    private static let members: Set<String> = [
        "kind", "method", "path", "site", "title", "nth", "first", "every", "chance", "seed", "limit", "milliseconds",
        "commits", "status", "retry_after", "reason", "body", "count",
    ]

    /// Reads a fault from its flat JSON form.
    ///
    /// - Throws: ``Unreadable`` with what is wrong, unknown members included.
    package init(json: JSON) throws(Unreadable) {
        guard let members = json.object else { throw Unreadable(description: "a fault is an object") }
        let unknown = Set(members.keys).subtracting(Self.members)
        guard unknown.isEmpty else {
            throw Unreadable(description: "unknown members: \(unknown.sorted().joined(separator: ", "))")
        }
        guard let kind = json["kind"]?.string else { throw Unreadable(description: "`kind` is missing") }
        self.init(
            try Self.effect(kind, json),
            method: json["method"]?.string,
            path: json["path"]?.string,
            site: json["site"]?.string,
            title: json["title"]?.string,
            Self.occurrence(json),
            limit: json["limit"]?.integer
        )
    }

    private static func occurrence(_ json: JSON) -> Occurrence {
        if let nth = json["nth"]?.integer { return .nth(nth) }
        if let first = json["first"]?.integer { return .first(first) }
        if let every = json["every"]?.integer { return .every(max(1, every)) }
        if let chance = json["chance"]?.number {
            return .chance(chance, seed: UInt64(clamping: json["seed"]?.integer ?? 1))
        }
        return .all
    }

    private static func effect(_ kind: String, _ json: JSON) throws(Unreadable) -> Effect {
        let milliseconds = json["milliseconds"]?.integer ?? 0
        let status = json["status"]?.integer ?? 500
        switch kind {
        case "drop_before_commit": return .dropBeforeCommit
        case "drop_after_commit": return .dropAfterCommit
        case "delayed_commit": return .delayedCommit(milliseconds: milliseconds, status: json["status"]?.integer)
        case "error_before_commit":
            return .errorBeforeCommit(status: status, retryAfter: json["retry_after"]?.integer)
        case "error_after_commit": return .errorAfterCommit(status: status)
        case "time_out": return .timeOut(milliseconds: milliseconds, commits: json["commits"]?.bool ?? false)
        case "truncated": return .truncated
        case "rate_limited":
            return .rateLimited(
                retryAfter: json["retry_after"]?.integer ?? 1,
                reason: json["reason"]?.string ?? RateLimits.Reason.burst.rawValue
            )
        case "unauthorized": return .unauthorized
        case "answer": return .answer(status: json["status"]?.integer ?? 400, body: json["body"] ?? .object([:]))
        case "latency": return .latency(milliseconds: milliseconds)
        case "property_refused": return .propertyRefused
        case "property_lost": return .propertyLost
        case "labels_off_screen": return .labelsOffScreen
        case "field_refused": return .fieldRefused
        case "key_gap": return .keyGap(json["count"]?.integer ?? 1)
        case "hidden": return .hidden
        case "index_lag": return .indexLag(milliseconds: milliseconds)
        case "clock_skew": return .clockSkew(milliseconds: milliseconds)
        default: throw Unreadable(description: "unknown kind: \(kind)")
        }
    }

    /// The fault as JSON, such as ``init(json:)`` reads.
    package var json: JSON {
        var members: [String: JSON] = ["kind": .string(effect.kind)]
        members["method"] = method.map { .string($0) }
        members["path"] = path.map { .string($0) }
        members["site"] = site.map { .string($0) }
        members["title"] = title.map { .string($0) }
        members["limit"] = limit.map { .integer($0) }
        switch occurrence {
        case .all: break
        case .nth(let number): members["nth"] = .integer(number)
        case .first(let count): members["first"] = .integer(count)
        case .every(let count): members["every"] = .integer(count)
        case .chance(let chance, let seed):
            members["chance"] = .number(chance)
            members["seed"] = .integer(Int(clamping: seed))
        }
        switch effect {
        case .delayedCommit(let milliseconds, let status):
            members["milliseconds"] = .integer(milliseconds)
            members["status"] = status.map { .integer($0) }
        case .latency(let milliseconds), .indexLag(let milliseconds),
            .clockSkew(let milliseconds):
            members["milliseconds"] = .integer(milliseconds)
        case .timeOut(let milliseconds, let commits):
            members["milliseconds"] = .integer(milliseconds)
            members["commits"] = .bool(commits)
        case .errorBeforeCommit(let status, let retryAfter):
            members["status"] = .integer(status)
            members["retry_after"] = retryAfter.map { .integer($0) }
        case .errorAfterCommit(let status): members["status"] = .integer(status)
        case .rateLimited(let retryAfter, let reason):
            members["retry_after"] = .integer(retryAfter)
            members["reason"] = .string(reason)
        case .answer(let status, let body):
            members["status"] = .integer(status)
            members["body"] = body
        case .keyGap(let count): members["count"] = .integer(count)
        case .dropBeforeCommit, .dropAfterCommit, .truncated, .unauthorized, .propertyRefused, .propertyLost,
            .labelsOffScreen, .fieldRefused, .hidden:
            break
        }
        return .object(members)
    }
}
