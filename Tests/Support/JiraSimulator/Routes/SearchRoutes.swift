import Foundation
import HTTPTypes

/// Searches: pages by token, and the approximate count.
enum SearchRoutes {
    static let routes = [
        Route(.get, "/rest/api/3/search/jql", get),
        Route(.post, "/rest/api/3/search/jql", input: .json, post),
        Route(.post, "/rest/api/3/search/approximate-count", input: .json, count),
        Route(.get, "/rest/api/3/search", removed), Route(.post, "/rest/api/3/search", removed),
        Route(.get, "/rest/api/2/search", removed), Route(.post, "/rest/api/2/search", removed),
    ]

    /// What a page is asked for with.
    private struct Page {
        var jql: String?
        var fields: [String]?
        var properties: [String] = []
        var maxResults: Int?
        var token: String?
        var reconciled: [Int] = []
    }

    @Sendable private static func removed(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        .failure(
            410,
            [
                "The requested API has been removed. Please use the newer, enhanced search-based API instead. "
                    + "Deprecation details are available at https://developer.atlassian.com/changelog/#CHANGE-2046."
            ]
        )
    }

    @Sendable private static func get(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        var page = Page()
        page.jql = call.request.queryValue("jql")
        page.fields = call.request.queryList("fields")
        page.properties = call.request.queryList("properties") ?? []
        page.token = call.request.queryValue("nextPageToken")
        if let text = call.request.queryValue("maxResults") { page.maxResults = Int(text) ?? -1 }
        page.reconciled = (call.request.queryList("reconcileIssues") ?? []).compactMap { Int($0) }
        return answer(page, &site, call)
    }

    private static let members: Set<String> = [
        "jql", "fields", "expand", "properties", "fieldsByKeys", "maxResults", "nextPageToken", "reconcileIssues",
        "includeArchivedProjects",
    ]

    @Sendable private static func post(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let body = call.request.json?.object, Set(body.keys).isSubset(of: members) else { return .invalidPayload }
        var page = Page()
        page.jql = body["jql"]?.string
        page.fields = body["fields"]?.array?.compactMap(\.string)
        page.properties = body["properties"]?.array?.compactMap(\.string) ?? []
        page.token = body["nextPageToken"]?.string
        if let size = body["maxResults"], !size.isNull { page.maxResults = size.integer ?? -1 }
        page.reconciled =
            body["reconcileIssues"]?.array?.compactMap { $0.integer ?? $0.string.flatMap { Int($0) } } ?? []
        return answer(page, &site, call)
    }

    private static func answer(_ page: Page, _ site: inout SimulatedSite, _ call: Call) -> Answer {
        let jql = page.jql ?? ""
        var after: [SearchOrder.Component]?
        if let token = page.token, !token.isEmpty {
            guard let place = PageToken.place(in: token, jql: jql, site: site.configuration.name, at: call.now) else {
                return .failure(400, ["The provided nextPageToken is invalid or has expired."])
            }
            after = place
        }
        let size = page.maxResults ?? 50
        guard (1...5000).contains(size) else {
            return .failure(400, ["The maxResults parameter must be between 1 and 5,000."])
        }
        guard page.properties.count <= 5 else { return .failure(400, ["The maximum number of properties is 5."]) }
        guard page.reconciled.count <= 50 else {
            return .failure(400, ["The maximum number of reconcileIssues is 50."])
        }
        let found: [SimulatedIssue]
        let order: SearchOrder
        do {
            (found, order) = try search(jql, reconciled: page.reconciled, &site, call)
        } catch {
            return .failure(400, [error.message])
        }
        var places = found.map { (issue: $0, place: order.place(of: $0)) }
        if let after { places.removeAll { !order.isBefore(after, $0.place) } }
        places.sort { order.isBefore($0.place, $1.place) }
        let selection = FieldSelection(page.fields, standard: ["id"])
        let isNarrow = selection.isNarrow && page.properties.isEmpty
        let taken = places.prefix(min(size, isNarrow ? 5000 : site.configuration.searchPageLimit))
        let beans = taken.map {
            site.bean($0.issue, selection, properties: page.properties, caller: call.caller, base: call.request.base)
        }
        var body: [String: JSON] = ["issues": .array(beans), "isLast": .bool(taken.count == places.count)]
        if taken.count < places.count, let last = taken.last {
            let expiry = call.now + site.configuration.tokenLifetime
            body["nextPageToken"] = .string(
                PageToken.make(last.place, jql: jql, site: site.configuration.name, expiry: expiry)
            )
        }
        var answer = Answer(200, .object(body))
        answer.objects = beans.count
        return answer
    }

    @Sendable private static func count(_ site: inout SimulatedSite, _ call: Call) -> Answer {
        guard let body = call.request.json?.object, Set(body.keys).isSubset(of: ["jql"]) else { return .invalidPayload }
        do {
            let (found, _) = try search(body["jql"]?.string ?? "", reconciled: [], &site, call)
            return Answer(200, ["count": .integer(found.count)])
        } catch {
            return .failure(400, [error.message])
        }
    }

    /// All that a query finds, in no order, and the order asked for.
    private static func search(
        _ jql: String,
        reconciled: [Int],
        _ site: inout SimulatedSite,
        _ call: Call
    ) throws(JQLFault) -> ([SimulatedIssue], SearchOrder) {
        let query = try JQLParser.parse(jql)
        guard let condition = query.condition else {
            throw JQLFault(
                message: "Unbounded JQL queries are not allowed here. Add a search restriction to the query."
            )
        }
        // Bad credentials are anonymous, and the anonymous see an empty site: no project, hence no fault either.
        guard let caller = call.caller else { return ([], try SearchOrder(query.ordering)) }
        let test = try JQLCompiler(site: site, caller: caller, now: call.now).compile(condition)
        let order = try SearchOrder(query.ordering)
        let present = Dictionary(reconciled.map { ($0, site.issues[$0]) }) { first, _ in first }
        let mayBrowse = Set(site.configuration.projects.map(\.key).filter { site.may("BROWSE_PROJECTS", in: $0) })
        let found = site.index.issues(at: call.now, reconciled: present) { issue in
            !issue.isHidden && mayBrowse.contains(issue.projectKey) && test(issue)
        }
        return (found, order)
    }
}

/// The token of a next page: bound to the query and the site, and good for a while only.
enum PageToken {
    static func make(_ place: [SearchOrder.Component], jql: String, site: String, expiry: Int) -> String {
        let content: JSON = [
            .integer(1), .integer(expiry), .string(site), .string(jql), .array(place.map(\.json)),
        ]
        return Data(content.bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func place(in token: String, jql: String, site: String, at now: Int) -> [SearchOrder.Component]? {
        let padded = token.replacing("-", with: "+").replacing("_", with: "/")
        let whole = padded + String(repeating: "=", count: (4 - padded.count % 4) % 4)
        // A token that is no JSON was not made here, and is refused like any other wrong one.
        guard let data = Data(base64Encoded: whole), let content = try? JSON(parsing: data),
            content[0] == 1, let expiry = content[1]?.integer, expiry > now, content[2]?.string == site,
            content[3]?.string == jql
        else { return nil }
        return content[4]?.array?.map { SearchOrder.Component($0) }
    }
}
