import HTTPTypes

/// One operation of the API.
struct Route: Sendable {
    /// What a segment of the path must be.
    enum Segment: Sendable, Hashable {
        case literal(String)
        case placeholder
    }

    /// What a body must be.
    enum Input: Sendable {
        case none
        case json
        case multipart
    }

    /// Who may call it at all.
    enum Access: Sendable {
        /// Anybody; anonymous callers see nothing that is not public.
        case anybody
        /// Known users; others get 401.
        case users
    }

    let method: HTTPRequest.Method
    let pattern: [Segment]
    let input: Input
    let access: Access
    /// The index of the placeholder that names an issue to which this writes.
    let writesIssueAt: Int?
    /// Short name for rate limits.
    let name: String
    let handler: @Sendable (inout SimulatedSite, Call) -> Answer

    /// - Parameter path: Such as `/rest/api/3/issue/{}`, `{}` standing for any segment.
    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        input: Input = .none,
        access: Access = .anybody,
        writesIssueAt: Int? = nil,
        _ handler: @escaping @Sendable (inout SimulatedSite, Call) -> Answer
    ) {
        self.method = method
        pattern = path.split(separator: "/").map { $0 == "{}" ? .placeholder : .literal(String($0)) }
        self.input = input
        self.access = access
        self.writesIssueAt = writesIssueAt
        let last = path.hasSuffix("/issue/{}") ? "issue" : path
        name = "\(method.rawValue) \(last)"
        self.handler = handler
    }

    /// The placeholders' values, when the path fits.
    func match(_ segments: [String]) -> [String]? {
        guard segments.count == pattern.count else { return nil }
        var values: [String] = []
        for (segment, part) in zip(segments, pattern) {
            switch part {
            case .literal(let text): guard text == segment else { return nil }
            case .placeholder: values.append(segment)
            }
        }
        return values
    }
}

/// All operations of the API.
enum RouteTable {
    /// What a request finds.
    enum Match: Sendable {
        case route(Route, [String])
        case wrongVerb(allowed: [String])
        case nothing
    }

    static let routes: [Route] =
        IssueRoutes.routes + SearchRoutes.routes + CreateMetaRoutes.routes + AttachmentRoutes.routes + LinkRoutes.routes
        + PropertyRoutes.routes + UserRoutes.routes + ProjectRoutes.routes + SiteRoutes.routes + AgileRoutes.routes

    static func find(_ method: HTTPRequest.Method, _ segments: [String]) -> Match {
        var allowed: [String] = []
        for route in routes {
            guard let values = route.match(segments) else { continue }
            if route.method == method { return .route(route, values) }
            allowed.append(route.method.rawValue)
        }
        return allowed.isEmpty ? .nothing : .wrongVerb(allowed: allowed)
    }
}
