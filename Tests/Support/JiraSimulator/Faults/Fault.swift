/// A scripted fault: which requests it meets, and what happens to them.
///
/// As JSON it is flat, members in snake_case: `{"kind": "drop_after_commit", "method": "POST", "path": "/rest/api/3/issue", "nth": 2}`.
package struct Fault: Sendable, Hashable {
    /// What happens.
    package enum Effect: Sendable, Hashable {
        /// The connection is closed; nothing was done.
        case dropBeforeCommit
        /// It is done, then the connection is closed without an answer.
        case dropAfterCommit
        /// The connection is closed at once, or a proxy's 5xx answers; it is done so many milliseconds after the request.
        case delayedCommit(milliseconds: Int, status: Int? = nil)
        /// A 5xx, nothing done; it may say when to come again, in seconds.
        case errorBeforeCommit(status: Int, retryAfter: Int? = nil)
        /// A 5xx, though it was done.
        case errorAfterCommit(status: Int)
        /// It is done or not, then no answer comes for so many milliseconds, then the connection is closed.
        case timeOut(milliseconds: Int, commits: Bool)
        /// It is done, and the answer breaks off in its middle.
        case truncated
        /// A 429 with this reason, nothing done.
        case rateLimited(retryAfter: Int, reason: String)
        /// A 401, nothing done.
        case unauthorized
        /// This answer, nothing done.
        case answer(status: Int, body: JSON)
        /// So many more milliseconds before the answer.
        case latency(milliseconds: Int)
        /// A create with issue properties is refused with 400.
        case propertyRefused
        /// A create succeeds, and its properties are lost.
        case propertyLost
        /// `labels` is not on the screen for this create.
        case labelsOffScreen
        /// A create is refused with 400 that names one of the fields it could do without; one that has none passes.
        case fieldRefused
        /// So many keys are skipped before this create.
        case keyGap(Int)
        /// The created issue may be seen by nobody.
        case hidden
        /// Searches see the created issue so many milliseconds later.
        case indexLag(milliseconds: Int)
        /// From this request on the site's clock is so many milliseconds ahead; negative for behind.
        case clockSkew(milliseconds: Int)
    }

    /// Which of the requests that match it meets.
    package enum Occurrence: Sendable, Hashable {
        /// Each.
        case all
        /// The n-th only; the first is 1.
        case nth(Int)
        /// The first n.
        case first(Int)
        /// Each n-th: n, 2n, …
        case every(Int)
        /// Each with this chance, by a source of randomness that the seed repeats.
        case chance(Double, seed: UInt64)
    }

    /// What happens.
    package var effect: Effect
    /// The verb; nil for any.
    package var method: String?
    /// The path below the site's root, where `*` stands for one segment and `**` at the end for any number; nil for any.
    package var path: String?
    /// The site's name; nil for any.
    package var site: String?
    /// Creates with this summary only; nil for any.
    package var title: String?
    /// Which of the matching requests.
    package var occurrence: Occurrence
    /// How often at most; nil for always.
    package var limit: Int?

    package init(
        _ effect: Effect,
        method: String? = nil,
        path: String? = nil,
        site: String? = nil,
        title: String? = nil,
        _ occurrence: Occurrence = .all,
        limit: Int? = nil
    ) {
        self.effect = effect
        self.method = method
        self.path = path
        self.site = site
        self.title = title
        self.occurrence = occurrence
        self.limit = limit
    }

    /// A fault of creates: `POST /rest/api/3/issue`.
    ///
    /// - Parameter title: Only the create with this summary.
    package static func creating(
        _ effect: Effect,
        title: String? = nil,
        site: String? = nil,
        _ occurrence: Occurrence = .all,
        limit: Int? = nil
    ) -> Fault {
        Fault(
            effect,
            method: "POST",
            path: "/rest/api/3/issue",
            site: site,
            title: title,
            occurrence,
            limit: limit
        )
    }
}

extension Fault.Effect {
    /// The name in the journal and in JSON.
    package var kind: String {
        switch self {
        case .dropBeforeCommit: "drop_before_commit"
        case .dropAfterCommit: "drop_after_commit"
        case .delayedCommit: "delayed_commit"
        case .errorBeforeCommit: "error_before_commit"
        case .errorAfterCommit: "error_after_commit"
        case .timeOut: "time_out"
        case .truncated: "truncated"
        case .rateLimited: "rate_limited"
        case .unauthorized: "unauthorized"
        case .answer: "answer"
        case .latency: "latency"
        case .propertyRefused: "property_refused"
        case .propertyLost: "property_lost"
        case .labelsOffScreen: "labels_off_screen"
        case .fieldRefused: "field_refused"
        case .keyGap: "key_gap"
        case .hidden: "hidden"
        case .indexLag: "index_lag"
        case .clockSkew: "clock_skew"
        }
    }

    /// Whether it settles how the request ends; others only change what is done, and several may meet.
    var isEnding: Bool {
        switch self {
        case .latency, .propertyRefused, .propertyLost, .labelsOffScreen, .fieldRefused, .keyGap, .hidden, .indexLag,
            .clockSkew:
            false
        default: true
        }
    }
}
