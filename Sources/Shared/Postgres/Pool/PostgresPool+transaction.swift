/// How much a transaction sees of others: PostgreSQL's manual, 13.2.
package enum PostgresIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresPool {
    /// Runs a closure in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// `BEGIN` travels with the first statement, so a transaction costs one round trip more than its statements; one without statements
    /// costs none. The closure may run more than once where `retries` is greater than 0.
    ///
    /// - Parameters:
    ///   - isolation: Default: read committed.
    ///   - isReadOnly: Whether the server refuses writes.
    ///   - preparation: A statement that travels with `BEGIN`, for settings of this transaction; its rows are dropped.
    ///   - retries: How often the whole is repeated after it lost against another transaction (40001, 40P01), or
    ///     met a table that had changed under a prepared statement, with a jittered pause.
    /// - Throws: The closure's error, whatever becomes of the rollback. ``PostgresError`` with `.rolledBack` when the closure swallowed an
    ///   error that had ended the transaction; `.commitUncertain` when the answer to the commit was lost.
    package func withTransaction<R: Sendable>(
        isolation: PostgresIsolation = .readCommitted,
        isReadOnly: Bool = false,
        preparation: PostgresQuery? = nil,
        retries: Int = 0,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let opening = TransactionOpening(
            begin: "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(isReadOnly ? " READ ONLY" : "")",
            preparation: preparation
        )
        var attempt = 0
        while true {
            do {
                return try await withConnection { connection in
                    try await connection.withTransaction(opening, body)
                }
            } catch let error as PostgresError
                where (error.isSerializationFailure || error.isStalePlan) && attempt < retries
            {
                attempt += 1
                let backoff = Backoff(base: .milliseconds(10), greatest: .milliseconds(500))
                try await Task.sleep(for: backoff.pause(failures: attempt, unit: .random(in: 0..<1)))
            }
        }
    }
}

extension PostgresConnection {
    /// One attempt at a transaction, on a connection that is in none.
    nonisolated func withTransaction<R: Sendable>(
        _ opening: TransactionOpening,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        beginWithNextStatement(opening)
        let result: R
        do {
            result = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        if withdrawBegin() { return result }
        try await commit()
        return result
    }

    /// Ends the transaction, if there is one and the connection can still be used.
    private nonisolated func rollBack() async {
        guard !withdrawBegin(), condition == .inTransaction else { return }
        do {
            try await execute("ROLLBACK")
        } catch {
            // The first error is what the caller must see. The pool closes a connection that is still in a transaction, and so
            // the server rolls back in any case.
        }
    }

    private nonisolated func commit() async throws(PostgresError) {
        let result: PostgresResult
        do throws(PostgresError) {
            result = try await query("COMMIT")
        } catch {
            // Refused, or never sent: then the transaction is known not to stand.
            guard condition == .unusable else { throw error }
            throw PostgresError(
                .commitUncertain,
                "The answer to a commit was lost",
                sqlState: error.sqlState,
                cause: error
            )
        }
        guard result.command == "COMMIT" else {
            throw PostgresError(.rolledBack, "The transaction had failed before, so it was rolled back")
        }
    }
}
