import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Telemetry
import TramlineModel

/// The outermost layer: names the request, makes every error an answer in the one shape, logs and counts.
struct AnswerMiddleware: RouterMiddleware {
    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.requestID = RequestName.choose(request.headers[.requestID])
        // The framework's own number of the request: ours takes its place.
        context.logger[metadataKey: "hb.request.id"] = nil
        context.logger[metadataKey: LogKey.requestID] = "\(context.requestID)"

        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let fault = APIError(sorting: error)
            report(fault, context.logger)
            response = fault.response(requestID: context.requestID)
        }
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.requestID] = context.requestID
        record(request, response, took: ContinuousClock.now - start, context.logger)
        return response
    }

    /// What the client is not told.
    private func report(_ fault: APIError, _ logger: Logger) {
        guard fault.status.kind == .serverError else { return }
        logger.log(
            level: fault.status == .internalServerError ? .error : .warning,
            "request failed",
            metadata: [LogKey.error: "\(fault.cause.map { String(reflecting: $0) } ?? fault.message)"]
        )
    }

    private func record(_ request: Request, _ response: Response, took: Duration, _ logger: Logger) {
        let endpoints = Endpoint.matching(request.uri.path)
        let isProbe = endpoints.contains(where: \.isProbe)
        logger.log(
            level: isProbe ? .debug : .info,
            "request answered",
            metadata: [
                LogKey.httpMethod: "\(request.method.rawValue)", LogKey.httpPath: "\(request.uri.path)",
                LogKey.httpStatus: "\(response.status.code)", LogKey.duration: "\(took.inSeconds)",
            ]
        )
        // Labels are bounded: what anybody may invent is not among them.
        let dimensions = [
            ("method", endpoints.contains { $0.method == request.method } ? request.method.rawValue : "other"),
            ("route", endpoints.first?.path ?? "none"),
            ("status", "\(response.status.code)"),
        ]
        Counter(label: MetricName.httpRequests, dimensions: dimensions).increment()
        Metrics.Timer(label: MetricName.httpDuration, dimensions: dimensions).record(duration: took)
    }
}
