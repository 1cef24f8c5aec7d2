/// Everything that one site knows. Pure: requests and times go in, answers come out; no clock, no socket.
struct SimulatedSite: Sendable {
    let configuration: SiteConfiguration
    /// The property whose marker is of interest.
    let markerProperty: String

    /// Issues by id.
    private(set) var issues: [Int: SimulatedIssue] = [:]
    /// The ids of each issue's children.
    private(set) var children: [Int: Set<Int>] = [:]
    /// Ids by every key that an issue ever had, upper case.
    private(set) var idsByKey: [String: Int] = [:]
    /// The highest number used in each project.
    private var counters: [String: Int] = [:]
    private var nextIssueID = 10_001
    private var nextID = 20_001
    /// Links in the order made.
    private(set) var links: [SimulatedLink] = []
    /// What searches see.
    var index = SearchIndex()
    /// Requests that will be executed later, with their due time.
    private var pending: [(due: Int, call: Call)] = []
    /// Requests so far, against the limits.
    var limiter: RateLimiter
    /// Credentials that were taken away while running.
    var revoked: Set<String> = []
    /// Scripted clock skew beside the configuration's, in milliseconds.
    var skew = 0
    /// The machine's time at which the site's clock was stopped; nil while it runs.
    var stoppedAt: Int?

    init(_ configuration: SiteConfiguration, markerProperty: String) {
        self.configuration = configuration
        self.markerProperty = markerProperty
        limiter = RateLimiter(limits: configuration.limits)
        index.lag = configuration.indexLag
    }

    /// The site's time for an instant of the machine's, in milliseconds since 1970.
    func time(at wall: Int) -> Int { (stoppedAt ?? wall) + configuration.clockSkew + skew }

    // MARK: Looking up

    /// The project of this key or id, any case.
    func project(_ keyOrID: String) -> ProjectConfiguration? {
        configuration.projects.enumerated().first { index, project in
            project.key.caseInsensitiveEquals(keyOrID) || String(Self.projectID(index)) == keyOrID
        }?.element
    }

    /// The id of a project.
    func projectID(_ key: String) -> Int {
        Self.projectID(configuration.projects.firstIndex { $0.key == key } ?? 0)
    }

    private static func projectID(_ index: Int) -> Int { 10_000 + index }

    /// The id of a project's board.
    func boardID(_ key: String) -> Int {
        10 + (configuration.projects.firstIndex { $0.key == key } ?? 0)
    }

    /// The user of this account id.
    func user(_ accountID: String?) -> SimulatedUser? {
        configuration.users.first { $0.accountID == accountID }
    }

    /// The id for an id or a key, present or former, whether or not the issue may be seen.
    func issueID(_ idOrKey: String) -> Int? {
        if let id = Int(idOrKey) { return issues[id] == nil ? nil : id }
        return idsByKey[idOrKey.uppercased()].flatMap { issues[$0] == nil ? nil : $0 }
    }

    /// The issue of this id or key, unless `caller` may not see it.
    func visibleIssue(_ idOrKey: String, to caller: SimulatedUser?) -> SimulatedIssue? {
        guard let id = issueID(idOrKey), let issue = issues[id], isVisible(issue, to: caller) else { return nil }
        return issue
    }

    /// Whether `caller` may see an issue: anonymous callers see none.
    func isVisible(_ issue: SimulatedIssue, to caller: SimulatedUser?) -> Bool {
        caller != nil && !issue.isHidden && may("BROWSE_PROJECTS", in: issue.projectKey)
    }

    /// Whether a known user has a permission in a project.
    func may(_ permission: String, in projectKey: String) -> Bool {
        project(projectKey).map { !$0.deniedPermissions.contains(permission) } ?? false
    }

    /// The highest key number handed out in a project.
    func highestNumber(in projectKey: String) -> Int { counters[projectKey, default: 0] }

    // MARK: Changing

    /// A number that nothing else at this site has.
    mutating func makeID() -> Int {
        nextID += 1
        return nextID - 1
    }

    /// Takes the next id and key of a project and stores what `make` builds from them.
    mutating func addIssue(
        in projectKey: String,
        at now: Int,
        lag: Int? = nil,
        _ make: (_ id: Int, _ key: String) -> SimulatedIssue
    ) -> SimulatedIssue {
        let number = counters[projectKey, default: 0] + 1
        counters[projectKey] = number
        let issue = make(nextIssueID, "\(projectKey)-\(number)")
        nextIssueID += 1
        issues[issue.id] = issue
        if let parent = issue.parent { children[parent, default: []].insert(issue.id) }
        idsByKey[issue.key.uppercased()] = issue.id
        index.changed(issue.id, to: issue, at: now, lag: lag)
        return issue
    }

    /// Skips numbers of a project, as failed creates do.
    mutating func skipKeys(_ count: Int, in projectKey: String) {
        counters[projectKey, default: 0] += count
    }

    /// Changes an issue and tells the index.
    mutating func changeIssue(_ id: Int, at now: Int, touch: Bool = true, _ change: (inout SimulatedIssue) -> Void) {
        guard issues[id] != nil else { return }
        let parent = issues[id]!.parent
        change(&issues[id]!)
        if issues[id]!.parent != parent {
            if let parent { children[parent]?.remove(id) }
            if let parent = issues[id]!.parent { children[parent, default: []].insert(id) }
        }
        if touch { issues[id]!.updated = max(now, issues[id]!.updated) }
        index.changed(id, to: issues[id], at: now)
    }

    /// Removes an issue and its links; its children have no parent afterwards.
    mutating func deleteIssue(_ id: Int, at now: Int) {
        for child in children[id] ?? [] { changeIssue(child, at: now) { $0.parent = nil } }
        children[id] = nil
        if let parent = issues[id]?.parent { children[parent]?.remove(id) }
        issues[id] = nil
        links.removeAll { $0.source == id || $0.destination == id }
        index.changed(id, to: nil, at: now)
    }

    /// Gives an issue the next key of another project; the old key leads to it still.
    mutating func moveIssue(_ id: Int, to projectKey: String, at now: Int) {
        let number = counters[projectKey, default: 0] + 1
        counters[projectKey] = number
        changeIssue(id, at: now) { issue in
            issue.projectKey = projectKey
            issue.key = "\(projectKey)-\(number)"
        }
        if let issue = issues[id] { idsByKey[issue.key.uppercased()] = id }
    }

    /// Adds a link, unless there is the same one: a repeated request makes no second.
    mutating func addLink(type: String, from source: Int, to destination: Int, at now: Int) {
        guard !links.contains(where: { $0.type == type && $0.source == source && $0.destination == destination }) else {
            return
        }
        links.append(SimulatedLink(id: makeID(), type: type, source: source, destination: destination))
        changeIssue(source, at: now) { _ in }
        changeIssue(destination, at: now) { _ in }
    }

    // MARK: Later

    /// Keeps a request to be executed at `due`, by the site's clock in milliseconds.
    mutating func executeLater(_ call: Call, due: Int) {
        pending.append((due, call))
        pending.sort { $0.due < $1.due }
    }

    /// Executes what has become due, in the order of the due times.
    ///
    /// - Returns: The calls that made an issue, with it.
    mutating func executeDue(at now: Int) -> [(call: Call, issue: SimulatedIssue)] {
        var made: [(call: Call, issue: SimulatedIssue)] = []
        while let first = pending.first, first.due <= now {
            pending.removeFirst()
            var call = first.call
            call.now = first.due
            if let issue = call.route.handler(&self, call).made { made.append((call, issue)) }
        }
        return made
    }

    /// The marker that an issue carries in its property: a string, or an object's `marker`, else `id`.
    func marker(of issue: SimulatedIssue) -> String? {
        guard let value = issue.properties[markerProperty] else { return nil }
        return value.string ?? value["marker"]?.string ?? value["id"]?.string ?? value.text
    }
}

/// One request with all that a route needs.
struct Call: Sendable {
    let request: SimulatedRequest
    let route: Route
    /// The values of the path's placeholders, in order.
    let parameters: [String]
    /// Who asks; nil when anonymous.
    let caller: SimulatedUser?
    /// The site's time, in milliseconds since 1970.
    var now: Int
    /// Scripted faults that change what the request does.
    var twists: [Fault.Effect] = []

    /// A boolean query parameter.
    func flag(_ name: String) -> Bool { request.queryValue(name) == "true" }
}

extension String {
    /// Whether both are equal but for the case of letters.
    func caseInsensitiveEquals(_ other: String) -> Bool { lowercased() == other.lowercased() }
}
