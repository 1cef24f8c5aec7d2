import HTTPTypes

/// An answer to a request, and what it did.
struct Answer: Sendable {
    /// What a body is.
    enum Body: Sendable {
        case none
        case json(JSON)
        case bytes([UInt8])
    }

    var status: Int
    var headers: HTTPFields = [:]
    var body: Body
    /// The issue that the request made.
    var made: SimulatedIssue?
    /// What the answer keeps to itself, for the journal: where a document is wrong.
    var detail: String?
    /// How many objects were read, for the points of the quota.
    var objects = 1

    init(_ status: Int, _ body: JSON) {
        self.status = status
        self.body = .json(body)
        headers[.contentType] = "application/json;charset=UTF-8"
    }

    /// An answer without a body.
    init(empty status: Int) {
        self.status = status
        body = .none
    }

    /// An answer of another type than JSON.
    init(_ status: Int, type: String, bytes: [UInt8]) {
        self.status = status
        body = .bytes(bytes)
        headers[.contentType] = type
    }

    /// The body's bytes.
    var bytes: [UInt8] {
        switch body {
        case .none: []
        case .json(let json): json.bytes
        case .bytes(let bytes): bytes
        }
    }

    /// The same answer with one more header field.
    func with(_ name: HTTPField.Name, _ value: String) -> Answer {
        var answer = self
        answer.headers[name] = value
        return answer
    }
}

// Jira's usual refusals.
extension Answer {
    /// The failure envelope.
    static func failure(_ status: Int, _ messages: [String], _ errors: [String: String] = [:]) -> Answer {
        Answer(
            status,
            [
                "errorMessages": .array(messages.map { .string($0) }),
                "errors": .object(errors.mapValues { .string($0) }),
            ]
        )
    }

    /// 404 for a deleted, hidden or never made issue: Jira does not tell which.
    static let noIssue = failure(404, ["Issue does not exist or you do not have permission to see it."])

    /// 400 for an ADF document with any fault at all.
    static let invalidInput = failure(400, ["INVALID_INPUT"])

    /// 400 for a body with a member that the operation does not declare; there is no `errors` member.
    static let invalidPayload = Answer(
        400,
        ["errorMessages": ["Invalid request payload. Refer to the REST API documentation and try again."]]
    )

    /// 401 for what needs a user.
    static let unauthenticated = Answer(
        401,
        ["message": "Client must be authenticated to access this resource.", "status-code": 401]
    )

    /// 403 for a bearer that cannot be read.
    static let unreadableBearer = Answer(403, ["error": "Failed to parse Connect Session Auth Token"])

    /// A `application/problem+json` answer.
    static func problem(_ status: Int, _ title: String, _ detail: String, instance: String) -> Answer {
        var answer = Answer(
            status,
            [
                "type": "about:blank", "title": .string(title), "status": .integer(status), "detail": .string(detail),
                "instance": .string(instance),
            ]
        )
        answer.headers[.contentType] = "application/problem+json"
        return answer
    }
}

extension HTTPField.Name {
    static let loginReason = HTTPField.Name("X-Seraph-LoginReason")!
    static let atlassianToken = HTTPField.Name("X-Atlassian-Token")!
    static let simulatorSequence = HTTPField.Name("X-Simulator-Sequence")!
    static let rateLimit = HTTPField.Name("X-RateLimit-Limit")!
    static let rateRemaining = HTTPField.Name("X-RateLimit-Remaining")!
    static let rateReset = HTTPField.Name("X-RateLimit-Reset")!
    static let rateNearLimit = HTTPField.Name("X-RateLimit-NearLimit")!
    static let rateReason = HTTPField.Name("RateLimit-Reason")!
    static let betaRateLimit = HTTPField.Name("Beta-RateLimit")!
    static let betaRatePolicy = HTTPField.Name("Beta-RateLimit-Policy")!
}
