/// What took too long.
package struct DeadlinePassed: Error {
    package let limit: Duration
}

/// Gives a body so much time and no more.
///
/// - Parameter body: Must end soon after its task is cancelled; this returns only when it has.
/// - Throws: ``DeadlinePassed``, or what the body throws.
package func withDeadline<Result: Sendable>(
    _ limit: Duration,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw DeadlinePassed(limit: limit)
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { preconditionFailure("a group with two tasks has a first") }
        return result
    }
}
