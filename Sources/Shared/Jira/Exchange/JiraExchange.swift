import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What came back: a status with what could be read of its body.
struct JiraAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    var body = ByteBuffer()
    /// Why the body is not whole, if it is not.
    var bodyFault: (any Error)?
}

/// A body beyond the limit.
struct AnswerTooLarge: Error {}

/// One request and its answer: no retry, no redirection, one deadline over all of it.
struct JiraExchange: Sendable {
    let connections: JiraConnections
    let site: JiraSite
    let credential: JiraCredential
    let watch: SendWatch

    /// How an exchange ended: by itself, or because of the deadline or a cancellation.
    enum Ending: Sendable { case itself, deadline, cancellation }

    /// Runs it. An answer that is there when the deadline passes counts.
    func run(
        _ call: JiraCall,
        timeout: Duration
    ) async -> (result: Result<JiraAnswer, any Error>, ending: Ending) {
        enum Event: Sendable {
            case ended(Result<JiraAnswer, any Error>)
            case timerEnded
        }
        return await withTaskGroup(of: Event.self) { group in
            group.addTask { .ended(await exchange(call, timeout: timeout)) }
            group.addTask {
                // It ends early only when the group is cancelled, and then nobody asks why.
                try? await Task.sleep(for: timeout)
                return .timerEnded
            }
            var ending = Ending.itself
            while let event = await group.next() {
                switch event {
                case .timerEnded:
                    ending = Task.isCancelled ? .cancellation : .deadline
                    group.cancelAll()
                case .ended(let result):
                    group.cancelAll()
                    if ending == .itself, Task.isCancelled { ending = .cancellation }
                    return (result, ending)
                }
            }
            preconditionFailure("an exchange always ends")
        }
    }

    private func exchange(_ call: JiraCall, timeout: Duration) async -> Result<JiraAnswer, any Error> {
        do {
            let request = makeRequest(call)
            // Nothing tells when a request without a body is written; such requests only read.
            if case .none = call.body { try watch.hand() }
            // Our own timer is the deadline; this one lies behind it and never comes first.
            let behind = TimeAmount(timeout + .seconds(5))
            let response = try await connections.http.execute(request, deadline: .now() + behind)
            return .success(await readAnswer(response, isSuccess: call.expected.contains(Int(response.status.code))))
        } catch {
            return .failure(error)
        }
    }

    private func makeRequest(_ call: JiraCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: site.baseURL + call.path)
        request.method = call.method
        request.headers = [
            "Accept": "application/json",
            "Accept-Language": "en",
            "User-Agent": connections.configuration.userAgent,
            // Without it the account's language goes before Accept-Language.
            "X-Force-Accept-Language": "true",
        ]
        if !credential.authorization.isEmpty {
            request.headers.add(name: "Authorization", value: credential.authorization)
        }
        for (name, value) in call.headers { request.headers.replaceOrAdd(name: name, value: value) }
        switch call.body {
        case .none:
            break
        case .json(let bytes):
            request.headers.add(name: "Content-Type", value: "application/json")
            let body = WatchedBytes(bytes: ByteBuffer(bytes: bytes), watch: watch)
            request.body = .stream(body, length: .known(Int64(bytes.count)))
        case .stream(let head, let chunks, let tail, let length, let contentType):
            request.headers.add(name: "Content-Type", value: contentType)
            let body = WatchedStream(head: head, chunks: chunks, tail: tail, watch: watch)
            request.body = .stream(body, length: .known(length))
        }
        return request
    }

    /// Reads a body up to its limit. A failure's body is cut there, a success's is not worth having then.
    private func readAnswer(_ response: HTTPClientResponse, isSuccess: Bool) async -> JiraAnswer {
        var answer = JiraAnswer(status: Int(response.status.code), headers: response.headers)
        let configuration = connections.configuration
        let limit = isSuccess ? configuration.maximumAnswerBytes : configuration.maximumErrorBytes
        do {
            for try await var chunk in response.body {
                let space = limit - answer.body.readableBytes
                if chunk.readableBytes > space {
                    if isSuccess { throw AnswerTooLarge() }
                    if var start = chunk.readSlice(length: space) { answer.body.writeBuffer(&start) }
                    return answer
                }
                if answer.body.readableBytes == 0 { answer.body = chunk } else { answer.body.writeBuffer(&chunk) }
            }
            // A cancelled body may end like a finished one.
            try Task.checkCancellation()
        } catch {
            answer.bodyFault = error
        }
        return answer
    }
}
