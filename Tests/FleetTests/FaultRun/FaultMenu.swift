import JiraSimulator

/// The faults of a run: so many of a hundred requests meet one, all kinds mixed.
///
/// What hides an issue from its own account, or takes its marker away, is not among them: nobody can find such an issue again, and
/// the guarantee does not cover it.
struct FaultMenu: Sendable {
    /// A kind of fault, and how often it comes next to the others.
    private struct Dish {
        let effect: Fault.Effect
        var weight = 1.0
    }

    /// The part of all requests that meets a fault.
    var share = 0.1
    /// How long after the request a late commit is carried out, in milliseconds; nil for no such faults. Half of the creates' faults
    /// are of this kind then.
    var lateCommit: Int?

    private static let limits = RateLimits.Reason.allCases.map {
        Dish(effect: .rateLimited(retryAfter: 1, reason: $0.rawValue), weight: 0.25)
    }

    /// What may meet any request.
    private static let general =
        [
            Dish(effect: .dropBeforeCommit),
            Dish(effect: .errorBeforeCommit(status: 500), weight: 0.7),
            Dish(effect: .errorBeforeCommit(status: 502), weight: 0.3),
            Dish(effect: .errorBeforeCommit(status: 503, retryAfter: 1), weight: 0.5),
            Dish(effect: .timeOut(milliseconds: 300, commits: false), weight: 0.6),
            Dish(effect: .timeOut(milliseconds: 60_000, commits: false), weight: 0.2),
            Dish(effect: .truncated),
            Dish(effect: .latency(milliseconds: 60)),
        ] + limits

    /// What may meet what writes, besides.
    private static let writing = [
        Dish(effect: .dropAfterCommit, weight: 2),
        Dish(effect: .errorAfterCommit(status: 500), weight: 0.7),
        Dish(effect: .errorAfterCommit(status: 504), weight: 0.5),
        Dish(effect: .timeOut(milliseconds: 300, commits: true), weight: 0.6),
        Dish(effect: .timeOut(milliseconds: 60_000, commits: true), weight: 0.2),
    ]

    /// What may meet creates, besides.
    private static let creating = [
        Dish(effect: .delayedCommit(milliseconds: 200)),
        Dish(effect: .delayedCommit(milliseconds: 1000), weight: 0.5),
        Dish(effect: .fieldRefused, weight: 1.5),
        Dish(effect: .labelsOffScreen, weight: 0.5),
        Dish(effect: .keyGap(3)),
        Dish(effect: .indexLag(milliseconds: 3000)),
    ]

    private static let tooLarge = Fault.Effect.answer(
        status: 413,
        body: ["errorMessages": ["The file is too large."], "errors": [:]]
    )

    /// The faults, each with a chance and a source of randomness of its own.
    func faults(using random: inout SplitMix) -> [Fault] {
        var creates = Self.general + Self.writing + Self.creating
        if let lateCommit {
            let others = creates.reduce(0) { $0 + $1.weight }
            creates.append(Dish(effect: .delayedCommit(milliseconds: lateCommit), weight: others))
        }
        let attachments = Self.general + Self.writing + [Dish(effect: Self.tooLarge)]
        return serve(creates, "POST", "/rest/api/3/issue", &random)
            + serve(Self.general, "POST", "/rest/api/3/issue/bulkfetch", &random)
            + serve(Self.general, "POST", "/rest/api/3/search/jql", &random)
            + serve(Self.general, "GET", "/**", &random)
            + serve(Self.general + Self.writing, "POST", "/rest/api/3/issueLink", &random)
            + serve(attachments, "POST", "/rest/api/3/issue/*/attachments", &random)
    }

    private func serve(_ dishes: [Dish], _ method: String, _ path: String, _ random: inout SplitMix) -> [Fault] {
        let total = dishes.reduce(0) { $0 + $1.weight }
        return dishes.map { dish in
            let chance = Fault.Occurrence.chance(share * dish.weight / total, seed: random.next())
            return Fault(dish.effect, method: method, path: path, chance)
        }
    }
}
