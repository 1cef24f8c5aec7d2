import HTTPTypes
import Hummingbird
import Logging
import Record
import Telemetry
import TramlineModel

/// Lets only owners of API keys pass whose keys allow what they want, save to the endpoints that need none.
struct KeyMiddleware: RouterMiddleware {
    let keys: KeyRing

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let endpoints = Endpoint.matching(request.uri.path)
        // A path that is unknown is nobody's business without a key.
        if !endpoints.isEmpty, endpoints.allSatisfy({ !$0.needsKey }) { return try await next(request, context) }
        let owner =
            if endpoints.contains(.exportProgress) {
                try await keys.owner(listening: request.headers)
            } else {
                try await keys.owner(authorization: request.headers[.authorization])
            }
        let method = request.method == .head ? .get : request.method
        if let scope = endpoints.first(where: { $0.method == method })?.scope { try owner.require(scope) }
        var context = context.owned(by: owner)
        context.logger[metadataKey: LogKey.teamID] = "\(owner.team)"
        return try await next(request, context)
    }
}

/// Tells a path that does not exist from one that does not take the method: the innermost layer.
struct MethodMiddleware: RouterMiddleware {
    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let methods = Endpoint.matching(request.uri.path).map(\.method)
            guard !methods.isEmpty else { throw error }
            var allowed = methods.map(\.rawValue)
            if methods.contains(.get) { allowed.append(HTTPRequest.Method.head.rawValue) }
            throw APIError(
                status: .methodNotAllowed,
                code: .methodNotAllowed,
                message: "This path takes \(allowed.joined(separator: ", ")) only.",
                headers: [.allow: allowed.joined(separator: ", ")]
            )
        }
    }
}
