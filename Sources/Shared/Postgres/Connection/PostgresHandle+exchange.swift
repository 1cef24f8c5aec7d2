import CLibPQ

/// What goes ahead of a transaction's first statement, in the same round trip.
struct TransactionOpening: Sendable {
    let begin: String
    /// Whose rows nobody wants.
    let preparation: PostgresQuery?
}

extension PostgresHandle {
    /// What the next results answer.
    private enum Step {
        /// A statement whose rows nobody wants.
        case command
        case prepare(StatementCache.Key)
        case query(StatementCache.Key)
        /// The server is told to forget a prepared statement.
        case deallocate(String)
    }

    /// Sends statements together and collects their results: one round trip, whether or not they were prepared before.
    ///
    /// Outside a transaction, the statements of one exchange stand or fall together.
    ///
    /// - Parameter opening: What begins a transaction ahead of them.
    /// - Throws: The first error; none of the results is given then.
    func run(
        _ queries: [PostgresQuery],
        opening: TransactionOpening? = nil,
        _ wait: Wait
    ) throws(PostgresError) -> [PostgresResult] {
        let preparation = opening?.preparation.map { [$0] } ?? []
        for query in preparation + queries {
            if let fault = query.fault { throw fault }
            guard query.parameters.count <= Int(UInt16.max) else {
                throw PostgresError(.encoding, "A statement cannot have more than 65535 parameters; bind an array")
            }
        }
        let connection = try usable()
        guard PQenterPipelineMode(connection) != 0 else { throw refused(connection) }
        var steps: [Step] = []
        steps.reserveCapacity(queries.count + 3)
        if let opening { try send(opening.begin, .command, connection, &steps) }
        for query in preparation + queries { try send(query, connection, &steps) }
        // Behind the statements: some, as CREATE DATABASE, must be the first of their exchange.
        for name in statements.takeOutdated() {
            try send("DEALLOCATE \(name)", .deallocate(name), connection, &steps)
        }
        guard PQpipelineSync(connection) != 0 else { throw refused(connection) }
        return Array(try collect(steps, connection, wait).dropFirst(preparation.count))
    }

    private func send(
        _ command: String,
        _ step: Step,
        _ connection: OpaquePointer,
        _ steps: inout [Step]
    ) throws(PostgresError) {
        guard PQsendQueryParams(connection, command, 0, nil, nil, nil, nil, 1) != 0 else { throw refused(connection) }
        steps.append(step)
    }

    private func send(
        _ query: PostgresQuery,
        _ connection: OpaquePointer,
        _ steps: inout [Step]
    ) throws(PostgresError) {
        let key = StatementCache.Key(sql: query.sql, types: query.parameters.map(\.type.rawValue))
        let name: String
        if let statement = statements.find(key) {
            name = statement.name
        } else {
            name = statements.makeName()
            guard PQsendPrepare(connection, name, key.sql, Int32(key.types.count), key.types) != 0 else {
                throw refused(connection)
            }
            steps.append(.prepare(key))
            statements.insert(key, name: name)
        }
        let wasSent = query.storage.withUnsafeBufferPointer { storage in
            // A pointer that is null means NULL, so an empty value needs one that is not.
            let empty = UnsafePointer<CChar>(bitPattern: 1)
            let base = storage.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
            let values = query.parameters.map { parameter in
                parameter.length < 0 ? nil : (base ?? empty).map { $0 + (base == nil ? 0 : parameter.offset) }
            }
            return PQsendQueryPrepared(
                connection,
                name,
                Int32(values.count),
                values,
                query.parameters.map { Int32(max($0.length, 0)) },
                query.parameters.map { $0.isBinary ? 1 : 0 },
                1
            )
        }
        guard wasSent != 0 else { throw refused(connection) }
        steps.append(.query(key))
    }

    private func collect(
        _ steps: [Step],
        _ connection: OpaquePointer,
        _ wait: Wait
    ) throws(PostgresError) -> [PostgresResult] {
        var results: [PostgresResult] = []
        results.reserveCapacity(steps.count)
        var fault: PostgresError?
        for step in steps {
            while let result = try nextResult(connection, wait) {
                switch result.status {
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                    guard case .query(let key) = step, fault == nil else { continue }
                    let known = statements.shape(of: key)
                    let copy = result.copy(known)
                    if known == nil { statements.learn(copy.shape, of: key) }
                    results.append(copy)
                case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
                    let error = result.makeError()
                    if error.endsConnection { lastWords = error.fields }
                    guard PQstatus(connection) == CONNECTION_OK else { throw lost(connection, error.fields) }
                    forget(step, after: error)
                    fault = fault ?? error
                case PGRES_PIPELINE_ABORTED:
                    forget(step, after: nil)
                default:  // COPY, which has a protocol of its own
                    throw abandon("A statement asked for a way of transfer that is not supported")
                }
            }
            guard PQstatus(connection) == CONNECTION_OK else { throw lost(connection) }
        }
        guard let sync = try nextResult(connection, wait), sync.status == PGRES_PIPELINE_SYNC else {
            throw PQstatus(connection) == CONNECTION_OK
                ? abandon("The database's answers came in an order that was not expected") : lost(connection)
        }
        if let fault { throw fault }
        return results
    }

    /// Drops from the cache what the server does not have, or cannot use any more.
    private func forget(_ step: Step, after error: PostgresError?) {
        switch step {
        case .command: break
        // One that never came is said again; one that failed named nothing that there still is.
        case .deallocate(let name): if error == nil { statements.keepOutdated(name) }
        case .prepare(let key): statements.remove(key)
        case .query(let key):
            if error?.isStalePlan == true { statements.remove(key) }
        }
    }

    /// Runs a script of several statements by the simple protocol: no parameters, no rows.
    ///
    /// Without a `BEGIN` of its own, the server runs all of it in one transaction.
    func runScript(_ sql: String, _ wait: Wait) throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw PostgresError(.encoding, "A script cannot have a NUL character") }
        let connection = try usable()
        guard PQexitPipelineMode(connection) != 0, PQsendQuery(connection, sql) != 0 else { throw refused(connection) }
        var fault: PostgresError?
        while let result = try nextResult(connection, wait) {
            switch result.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: continue
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
                let error = result.makeError()
                if error.endsConnection { lastWords = error.fields }
                guard PQstatus(connection) == CONNECTION_OK else { throw lost(connection, error.fields) }
                fault = fault ?? error
            default: throw abandon("A script asked for a way of transfer that is not supported")
            }
        }
        guard PQstatus(connection) == CONNECTION_OK else { throw lost(connection) }
        if let fault { throw fault }
    }

    private func abandon(_ message: String) -> PostgresError {
        finish()
        return PostgresError(.connectionLost, message)
    }
}

extension PostgresError {
    /// Whether the server closes the connection after it.
    var endsConnection: Bool { fields[.severity] == "FATAL" || fields[.severity] == "PANIC" }

    /// Whether the server cannot use a prepared statement any more: its tables changed, or somebody deallocated it.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && fields[.sourceFunction] == "RevalidateCachedQuery")
    }
}
