import Foundation
import HTTPTypes
import Synchronization

/// What tests ask of the simulator itself, below `/_simulator`. None of it is journaled. `?site=` narrows where that makes sense.
///
/// | request | does |
/// |---|---|
/// | `GET journal`, `?after=N`, `?format=jsonl` | every request so far |
/// | `GET summary` | requests, shortest gaps, most in flight, statuses, by site |
/// | `GET issues`, `links`, `duplicates` | what exists; keys that share a marker |
/// | `GET`, `POST`, `DELETE faults` | lists, adds (one or an array), removes all |
/// | `POST latency {"milliseconds"}` | sets how long answers take |
/// | `POST advance {"milliseconds"}` | puts the clocks ahead |
/// | `POST revoke {"token"}` | makes a credential worthless |
/// | `POST issues/KEY/delete`, `hide`, `show`, `move {"project"}`, `edit {…}` | what people do in the browser |
/// | `POST reset` | forgets issues and faults, not the journal |
extension SimulatorServer {
    func control(_ request: SimulatedRequest) -> Answer {
        let segments = Array(request.segments.dropFirst())
        switch (request.method, segments.first ?? "") {
        case (.get, "journal"): return journalAnswer(request)
        case (.get, "summary"):
            settleDue()
            var summary = Self.json(JournalSummary(journal.entries)).object ?? [:]
            summary["note"] = configuration.note.map { .string($0) }
            return Answer(200, .object(summary))
        case (.get, "issues"):
            return Answer(200, .array(issues(site: request.queryValue("site")).map { Self.json($0) }))
        case (.get, "links"): return Answer(200, .array(linkRows(site: request.queryValue("site"))))
        case (.get, "duplicates"):
            let twins = duplicates(site: request.queryValue("site"))
            return Answer(200, .object(twins.mapValues { .array($0.map { .string($0) }) }))
        case (.get, "faults"):
            let faults = plan.withLock { $0.faults }
            return Answer(200, .array(faults.map { ["fault": $0.fault.json, "applied": .integer($0.applied)] }))
        case (.post, "faults"): return addFaults(request)
        case (.delete, "faults"):
            plan.withLock { $0.removeAll() }
            return Answer(empty: 204)
        case (.post, "latency"): return setLatency(request)
        case (.post, "advance"):
            guard let milliseconds = request.json?["milliseconds"]?.integer else {
                return .failure(400, ["`milliseconds` is missing"])
            }
            advance(milliseconds: milliseconds, site: request.queryValue("site"))
            return Answer(empty: 204)
        case (.post, "reset"):
            plan.withLock { $0.removeAll() }
            for box in boxes.values {
                box.state.withLock { $0 = SimulatedSite($0.configuration, markerProperty: $0.markerProperty) }
            }
            return Answer(empty: 204)
        case (.post, "issues") where segments.count == 3: return change(segments[1], segments[2], request)
        case (.post, "revoke"):
            guard let token = request.json?["token"]?.string else { return .failure(400, ["`token` is missing"]) }
            for box in boxes.values { box.state.withLock { _ = $0.revoked.insert(token) } }
            return Answer(empty: 204)
        default: return .failure(404, ["The simulator has no such control."])
        }
    }

    /// Journal entries, optionally `?after=` a sequence number and of one `?site=`; `?format=jsonl` for lines.
    private func journalAnswer(_ request: SimulatedRequest) -> Answer {
        settleDue()
        let after = request.queryValue("after").flatMap { Int($0) } ?? 0
        let site = request.queryValue("site")
        let entries = journal.entries.filter { $0.sequence > after && (site == nil || $0.site == site) }
        if request.queryValue("format") == "jsonl" {
            let lines = entries.reduce(into: Data()) { $0.append(Journal.line($1)) }
            return Answer(200, type: "application/x-ndjson", bytes: Array(lines))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(entries) else { preconditionFailure("the journal is always JSON") }
        return Answer(200, type: "application/json;charset=UTF-8", bytes: Array(data))
    }

    private func addFaults(_ request: SimulatedRequest) -> Answer {
        guard let body = request.json else { return .failure(400, ["The body is no JSON."]) }
        do {
            let faults = try (body.array ?? [body]).map { try Fault(json: $0) }
            plan.withLock { $0.add(faults) }
            return Answer(201, ["added": .integer(faults.count)])
        } catch {
            return .failure(400, ["\(error)"])
        }
    }

    private func setLatency(_ request: SimulatedRequest) -> Answer {
        guard let milliseconds = request.json?["milliseconds"]?.integer, milliseconds >= 0 else {
            return .failure(400, ["`milliseconds` is missing"])
        }
        latency.withLock { $0 = .milliseconds(milliseconds) }
        return Answer(empty: 204)
    }

    /// `POST /_simulator/issues/PROJ-1/{delete|hide|show|move|touch|edit}`, the issue named by key or id at `?site=`.
    private func change(_ name: String, _ verb: String, _ request: SimulatedRequest) -> Answer {
        let site = request.queryValue("site") ?? configuration.sites[0].name
        let body = request.json
        let done =
            switch verb {
            case "delete": delete(name, site: site)
            case "hide": edit(name, site: site) { $0.isHidden = true }
            case "show": edit(name, site: site) { $0.isHidden = false }
            case "move": body?["project"]?.string.map { move(name, to: $0, site: site) } ?? false
            case "edit":
                edit(name, site: site) { issue in
                    if let summary = body?["summary"]?.string { issue.summary = summary }
                    if let status = body?["status"]?.string { issue.status = status }
                    if let labels = body?["labels"]?.array { issue.labels = labels.compactMap(\.string) }
                    if let assignee = body?["assignee"] { issue.assignee = assignee.string }
                    if let priority = body?["priority"]?.string { issue.priority = priority }
                    if let description = body?["description"] { issue.description = description }
                    if let properties = body?["properties"]?.object {
                        issue.properties.merge(properties) { _, new in new }
                    }
                }
            default: false
            }
        return done ? Answer(empty: 204) : .failure(404, ["No such issue, project or verb."])
    }

    // MARK: In process too

    private func wall() -> Int { journal.now.wall / 1000 }

    /// All issues of a site, or of all sites, in the order made; what has become due is executed first.
    func issues(site: String?) -> [SimulatedIssue] {
        settleDue()
        return configuration.sites.filter { site == nil || $0.name == site }.flatMap { site -> [SimulatedIssue] in
            boxes[site.name].map { $0.state.withLock { $0.issues.values.sorted { $0.id < $1.id } } } ?? []
        }
    }

    /// Keys that share a marker, by the marker.
    func duplicates(site: String?) -> [String: [String]] {
        var keys: [String: [String]] = [:]
        for name in configuration.sites.map(\.name) where site == nil || site == name {
            for issue in issues(site: name) {
                guard let marker = boxes[name]?.state.withLock({ $0.marker(of: issue) }) else { continue }
                keys[marker, default: []].append(issue.key)
            }
        }
        return keys.filter { $0.value.count > 1 }
    }

    /// All links of a site.
    func links(site: String) -> [SimulatedLink] {
        boxes[site]?.state.withLock { $0.links } ?? []
    }

    private func linkRows(site: String?) -> [JSON] {
        let name = site ?? configuration.sites[0].name
        let keys = Dictionary(issues(site: name).map { ($0.id, $0.key) }) { first, _ in first }
        return links(site: name).map { link in
            [
                "type": .string(link.type), "source": .string(keys[link.source] ?? ""),
                "destination": .string(keys[link.destination] ?? ""),
            ]
        }
    }

    /// Executes delayed commits that are due, and journals what they made.
    func settleDue() {
        for box in boxes.values {
            let made = box.state.withLock { site in
                site.executeDue(at: site.time(at: wall())).map {
                    ($0.call.request.sequence, $0.issue, site.marker(of: $0.issue))
                }
            }
            for (sequence, issue, marker) in made {
                journal.note(sequence) { entry in
                    entry.issueKey = issue.key
                    entry.issueID = String(issue.id)
                    entry.marker = marker
                }
            }
        }
    }

    /// Puts the clock of a site, or of all, ahead.
    func advance(milliseconds: Int, site: String?) {
        for (name, box) in boxes where site == nil || site == name { box.state.withLock { $0.skew += milliseconds } }
    }

    /// Stops the sites' clocks.
    func stopClocks() {
        for box in boxes.values { box.state.withLock { $0.stoppedAt = wall() } }
    }

    /// Changes an issue as somebody in the browser would.
    func edit(_ name: String, site: String, _ change: (inout SimulatedIssue) -> Void) -> Bool {
        boxes[site]?.state.withLock { site in
            guard let id = site.issueID(name) else { return false }
            site.changeIssue(id, at: site.time(at: wall()), change)
            return true
        } ?? false
    }

    /// Deletes an issue.
    func delete(_ name: String, site: String) -> Bool {
        boxes[site]?.state.withLock { site in
            guard let id = site.issueID(name) else { return false }
            site.deleteIssue(id, at: site.time(at: wall()))
            return true
        } ?? false
    }

    /// Moves an issue to another project of its site.
    func move(_ name: String, to project: String, site: String) -> Bool {
        boxes[site]?.state.withLock { site in
            guard let id = site.issueID(name), site.project(project) != nil else { return false }
            site.moveIssue(id, to: project, at: site.time(at: wall()))
            return true
        } ?? false
    }

    private static func json(_ value: some Encodable) -> JSON {
        guard let data = try? JSONEncoder().encode(value), let json = try? JSON(parsing: data) else {
            preconditionFailure("what the simulator encodes is always JSON")
        }
        return json
    }

    private static func json(_ issue: SimulatedIssue) -> JSON {
        [
            "id": .string(String(issue.id)), "key": .string(issue.key), "project": .string(issue.projectKey),
            "type": .string(issue.type), "summary": .string(issue.summary), "description": issue.description,
            "priority": .string(issue.priority), "status": .string(issue.status),
            "assignee": issue.assignee.map { .string($0) } ?? .null, "creator": .string(issue.creator),
            "labels": .array(issue.labels.map { .string($0) }),
            "parent": issue.parent.map { .string(String($0)) } ?? .null,
            "sprint": issue.sprint.map { .integer($0) } ?? .null,
            "story_points": issue.storyPoints.map { .number($0) } ?? .null,
            "properties": .object(issue.properties), "hidden": .bool(issue.isHidden),
            "attachments": .array(
                issue.attachments.map { ["filename": .string($0.filename), "size": .integer($0.bytes.count)] }
            ),
            "created_ms": .integer(issue.created), "updated_ms": .integer(issue.updated),
        ]
    }
}
