import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The shell around the sites: reads requests, applies faults, waits, writes answers.
final class SimulatorServer: Sendable {
    /// A site behind its lock, which is never held across a wait.
    final class Box: Sendable {
        let state: Mutex<SimulatedSite>

        init(_ site: SimulatedSite) {
            state = Mutex(site)
        }
    }

    let directory: SiteDirectory
    let journal: Journal
    let boxes: [String: Box]
    let plan: Mutex<FaultPlan>
    let latency: Mutex<Duration>
    let authorization: Mutex<AuthorizationServer>
    let configuration: JiraSimulator.Configuration

    init(_ configuration: JiraSimulator.Configuration, journal: Journal) {
        self.configuration = configuration
        self.journal = journal
        directory = SiteDirectory(sites: configuration.sites.map { ($0.name, $0.cloudID) })
        boxes = Dictionary(
            configuration.sites.map { ($0.name, Box(SimulatedSite($0, markerProperty: configuration.markerProperty))) },
            uniquingKeysWith: { first, _ in first }
        )
        plan = Mutex(FaultPlan(configuration.faults))
        latency = Mutex(configuration.latency)
        let account = configuration.sites[0].users.first?.accountID ?? ""
        authorization = Mutex(AuthorizationServer(configuration.authorization, accountID: account))
    }

    // MARK: One request

    /// Answers one request, or closes its connection.
    @concurrent
    func respond(to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        guard let place = directory.place(of: request.head) else {
            return try await write(.failure(404, ["No such site."]), writer)
        }
        let limit = configuration.sites.map(\.uploadLimit).max() ?? 0
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: limit + 1_048_576)
        } catch is NIOTooManyBytesError {
            return try await write(.failure(413, ["The request is too large."]).with(.connection, "close"), writer)
        }
        let simulated = SimulatedRequest(
            method: request.method,
            segments: place.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) },
            query: SimulatedRequest.parse(query: Substring(place.query)),
            headers: request.headers,
            body: Array(body.readableBytesView),
            base: "http://\(request.head.authority ?? "127.0.0.1")\(place.prefix)",
            isGateway: place.isGateway,
            sequence: request.headers[.simulatorSequence].flatMap { Int($0) } ?? 0
        )
        if place.isPage {
            return try await write(
                page(of: simulated.segments.last ?? "", in: place.site, base: simulated.base),
                writer
            )
        }
        if place.isControl { return try await write(control(simulated), writer) }
        // What is asked of Atlassian rather than of a site goes by the first site's clock.
        guard let box = boxes[place.isAuthorization ? configuration.sites[0].name : place.site] else {
            preconditionFailure("a place always names a site")
        }
        note(request: simulated)
        switch await settle(simulated, at: box, of: place) {
        case .answer(let answer):
            note(answer: answer, to: simulated.sequence)
            try await write(answer, writer)
        case .drop:
            journal.ended(simulated.sequence, .dropped)
            await close(channel)
        case .holdThenDrop(let duration):
            await hold(duration, on: channel)
            journal.ended(simulated.sequence, .dropped)
            await close(channel)
        case .truncated(let answer): try await writeHalf(of: answer, writer, then: channel)
        }
    }

    // MARK: Bodies in the journal

    private func note(request: SimulatedRequest) {
        guard configuration.journaledBody > 0 else { return }
        let body = JournalBody(type: request.headers[.contentType], request.body, limit: configuration.journaledBody)
        journal.note(request.sequence) { $0.requestBody = body }
    }

    private func note(answer: Answer, to sequence: Int) {
        guard configuration.journaledBody > 0 else { return }
        let body = JournalBody(type: answer.headers[.contentType], answer.bytes, limit: configuration.journaledBody)
        journal.note(sequence) { $0.responseBody = body }
    }

    /// How a request ends on the wire.
    private enum Ending: Sendable {
        case answer(Answer)
        case drop
        case holdThenDrop(Duration)
        case truncated(Answer)
    }

    private func settle(_ request: SimulatedRequest, at box: Box, of place: SiteDirectory.Place) async -> Ending {
        let title = request.path.hasSuffix("/issue") ? request.json?["fields"]?["summary"]?.string : nil
        let meeting = plan.withLock {
            $0.meet(site: place.site, method: request.method.rawValue, path: request.path, title: title)
        }
        journal.note(request.sequence) { entry in
            entry.fault = meeting.name
            entry.title = title
        }
        var pause = latency.withLock { $0 }
        for case .latency(let milliseconds) in meeting.twists { pause += .milliseconds(milliseconds) }
        await sleep(pause / 2)
        let ending: Ending
        if let refusal = refusalBeforeCommit(meeting.ending, box) {
            ending = refusal
        } else {
            ending = execute(request, meeting, at: box, of: place)
        }
        await sleep(pause / 2)
        return ending
    }

    /// The ending of a fault that lets nothing be done.
    private func refusalBeforeCommit(_ effect: Fault.Effect?, _ box: Box) -> Ending? {
        switch effect {
        case .dropBeforeCommit: return .drop
        case .errorBeforeCommit(let status, let retryAfter):
            let answer = Self.serverError(status)
            return .answer(retryAfter.map { answer.with(.retryAfter, String($0)) } ?? answer)
        case .timeOut(let milliseconds, false): return .holdThenDrop(.milliseconds(milliseconds))
        case .unauthorized: return .answer(.unauthenticated)
        case .answer(let status, let body): return .answer(Answer(status, body))
        case .rateLimited(let retryAfter, let reason):
            let now = box.state.withLock { $0.time(at: journal.now.wall / 1000) }
            return .answer(Self.tooMany(limit: 350, retryAfter: retryAfter, reason: reason, at: now))
        default: return nil
        }
    }

    private func execute(
        _ request: SimulatedRequest,
        _ meeting: FaultPlan.Meeting,
        at box: Box,
        of place: SiteDirectory.Place
    ) -> Ending {
        if place.isAuthorization { return ending(of: authorizationAnswer(request), meeting) }
        let issued = issuedAccount(request, at: place.site)
        let (answer, made) = box.state.withLock { site in
            for case .clockSkew(let milliseconds) in meeting.twists { site.skew = milliseconds }
            let now = site.time(at: journal.now.wall / 1000)
            let due = site.executeDue(at: now).map { ($0.call.request.sequence, $0.issue, site.marker(of: $0.issue)) }
            let answer = route(request, meeting, &site, issued: issued, now: now).with(.date, JiraTime.header(now))
            var made = due
            if let issue = answer.made { made.append((request.sequence, issue, site.marker(of: issue))) }
            return (answer, made)
        }
        for (sequence, issue, marker) in made {
            journal.note(sequence) { entry in
                entry.issueKey = issue.key
                entry.issueID = String(issue.id)
                entry.marker = marker
            }
        }
        if let detail = answer.detail { journal.note(request.sequence) { $0.detail = detail } }
        return ending(of: answer, meeting)
    }

    private func ending(of answer: Answer, _ meeting: FaultPlan.Meeting) -> Ending {
        switch meeting.ending {
        case .delayedCommit(_, let status?): return .answer(Self.serverError(status))
        case .dropAfterCommit, .delayedCommit: return .drop
        case .errorAfterCommit(let status): return .answer(Self.serverError(status))
        case .timeOut(let milliseconds, _): return .holdThenDrop(.milliseconds(milliseconds))
        case .truncated: return .truncated(answer)
        default: return .answer(answer)
        }
    }

    /// Finds the route, judges limits and identity, and calls it.
    private func route(
        _ request: SimulatedRequest,
        _ meeting: FaultPlan.Meeting,
        _ site: inout SimulatedSite,
        issued: String?,
        now: Int
    ) -> Answer {
        let identity = Identity(request, at: site, issued: issued)
        var caller: SimulatedUser?
        var isBearer = false
        var loginReason: String?
        switch identity {
        case .refused(let answer): return answer
        case .anonymous(let reason): loginReason = reason
        case .user(let user, let bearer):
            (caller, isBearer) = (user, bearer)
            journal.note(request.sequence) { $0.account = user.accountID }
        }
        var answer: Answer
        switch RouteTable.find(request.method, request.segments) {
        case .nothing:
            answer = Answer(404, ["message": .string("null for uri: \(request.path)"), "status-code": 404])
        case .wrongVerb(let allowed):
            answer = .problem(
                405,
                "Method Not Allowed",
                "Method '\(request.method.rawValue)' is not supported.",
                instance: request.path
            ).with(.allow, allowed.joined(separator: ", "))
        case .route(let route, let parameters):
            if let refusal = Self.mediaRefusal(request, route.input) {
                answer = refusal
                break
            }
            let issue = route.writesIssueAt.flatMap { site.issueID(parameters[$0]) }
            let verdict = site.limiter.judge(
                endpoint: route.name,
                verb: route.method.rawValue,
                issue: issue,
                usesPoints: isBearer,
                at: now
            )
            if let verdict, let refusal = verdict.refusal {
                return Self.tooMany(
                    limit: verdict.limit,
                    retryAfter: refusal.retryAfter,
                    reason: refusal.reason.rawValue,
                    at: now
                )
            }
            if route.access == .users, caller == nil {
                answer = .unauthenticated
            } else {
                let call = Call(
                    request: request,
                    route: route,
                    parameters: parameters,
                    caller: caller,
                    now: now,
                    twists: meeting.twists
                )
                if case .delayedCommit(let milliseconds, _) = meeting.ending {
                    site.executeLater(call, due: now + milliseconds)
                    return Answer(empty: 204)
                }
                answer = route.handler(&site, call)
                if isBearer { site.limiter.spend(objects: answer.objects, at: now) }
            }
            if let verdict { answer = Self.marked(answer, verdict) }
        }
        if let loginReason { answer.headers[.loginReason] = loginReason }
        return answer
    }

    private static func mediaRefusal(_ request: SimulatedRequest, _ input: Route.Input) -> Answer? {
        let type = request.headers[.contentType]?.lowercased() ?? ""
        switch input {
        case .none: return nil
        case .multipart: if type.hasPrefix("multipart/form-data") { return nil }
        case .json:
            if type.hasPrefix("application/json") {
                return request.body.isEmpty ? .failure(400, ["No content to map to Object due to end of input"]) : nil
            }
        }
        let shown = type.isEmpty ? "application/octet-stream" : type
        return .problem(
            415,
            "Unsupported Media Type",
            "Content-Type '\(shown)' is not supported.",
            instance: request.path
        )
    }

    // MARK: Refusals

    private static func serverError(_ status: Int) -> Answer {
        guard status == 500 else {
            let page = "<html><head><title>\(status)</title></head><body><h1>\(status)</h1></body></html>"
            return Answer(status, type: "text/html;charset=UTF-8", bytes: Array(page.utf8))
        }
        return .failure(500, ["Internal server error"])
    }

    private static func tooMany(limit: Int, retryAfter: Int, reason: String, at now: Int) -> Answer {
        Answer.failure(429, ["Rate limit exceeded."])
            .with(.retryAfter, String(retryAfter))
            .with(.rateLimit, String(limit))
            .with(.rateRemaining, "0")
            .with(.rateReset, JiraTime.zulu(now + retryAfter * 1000))
            .with(.rateReason, reason)
            .with(.betaRatePolicy, "\"\(reason)\";q=\(limit);w=\(max(1, retryAfter))")
            .with(.betaRateLimit, "\"\(reason)\";r=0;t=\(retryAfter)")
    }

    private static func marked(_ answer: Answer, _ verdict: RateLimiter.Verdict) -> Answer {
        var answer =
            answer
            .with(.rateLimit, String(verdict.limit))
            .with(.rateRemaining, String(verdict.remaining))
        if verdict.remaining * 5 < verdict.limit { answer = answer.with(.rateNearLimit, "true") }
        return answer
    }

    // MARK: The wire

    @concurrent
    private func write(_ answer: Answer, _ writer: consuming ResponseWriter) async throws {
        let bytes = answer.bytes
        try await writer.write(
            response: Self.head(answer, length: bytes.count),
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    @concurrent
    private func writeHalf(
        of answer: Answer,
        _ writer: consuming ResponseWriter,
        then channel: any Channel
    ) async throws {
        let bytes = answer.bytes
        var body = try await writer.writeHead(Self.head(answer, length: max(2, bytes.count)))
        if !bytes.isEmpty { try await body.write(ByteBuffer(bytes: bytes[..<(bytes.count / 2)])) }
        await close(channel)
    }

    private static func head(_ answer: Answer, length: Int) -> HTTPResponse {
        var fields = answer.headers
        if answer.status != 204 { fields[.contentLength] = String(length) }
        return HTTPResponse(status: .init(code: answer.status), headerFields: fields)
    }

    private func close(_ channel: any Channel) async {
        // The client may have closed it already, which is as good.
        try? await channel.close()
    }

    private func sleep(_ duration: Duration) async {
        guard duration > .zero else { return }
        // Cancelled only when the simulator stops; the request then ends at once.
        try? await Task.sleep(for: duration)
    }

    /// Waits until the time is over or the connection is closed, whichever is first.
    private func hold(_ duration: Duration, on channel: any Channel) async {
        let (stream, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        channel.closeFuture.whenComplete { _ in end.finish() }
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(duration)) { end.finish() }
        for await _ in stream {}
        timer.cancel()
    }
}
