/// Which statements a connection's server has prepared, by text and parameter types: the least recently used one goes first.
struct StatementCache {
    struct Key: Hashable {
        let sql: String
        let types: [UInt32]
    }

    struct Statement {
        let name: String
        /// The columns, once a result has shown them. They cannot change: the server refuses a plan whose result type did.
        var shape: PostgresResult.Shape?
        fileprivate var lastUse: UInt64
    }

    private var statements: [Key: Statement] = [:]
    private var uses: UInt64 = 0
    private var made: UInt64 = 0
    /// What the server still has and the cache has not.
    private var outdated: [String] = []
    private let capacity: Int

    init(capacity: Int) {
        precondition(capacity > 0, "a cache of prepared statements needs room for one")
        self.capacity = capacity
    }

    var count: Int { statements.count }

    /// The prepared statement, marked as used now.
    mutating func find(_ key: Key) -> Statement? {
        guard let index = statements.index(forKey: key) else { return nil }
        uses += 1
        statements.values[index].lastUse = uses
        return statements.values[index]
    }

    /// A name that no statement of this connection has or had.
    mutating func makeName() -> String {
        made += 1
        return "s\(made)"
    }

    /// Remembers a prepared statement; where there is no room, the one whose use lies furthest back is outdated.
    mutating func insert(_ key: Key, name: String) {
        uses += 1
        statements[key] = Statement(name: name, shape: nil, lastUse: uses)
        guard statements.count > capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        else { return }
        statements[oldest.key] = nil
        outdated.append(oldest.value.name)
    }

    /// Takes the names that the server must be told to forget.
    mutating func takeOutdated() -> [String] {
        defer { outdated = [] }
        return outdated
    }

    /// Gives back a name that the server was not told of after all.
    mutating func keepOutdated(_ name: String) { outdated.append(name) }

    func shape(of key: Key) -> PostgresResult.Shape? { statements[key]?.shape }

    mutating func learn(_ shape: PostgresResult.Shape, of key: Key) {
        statements[key]?.shape = shape
    }

    /// Forgets a statement.
    ///
    /// - Returns: Its name, if it was known.
    @discardableResult
    mutating func remove(_ key: Key) -> String? {
        statements.removeValue(forKey: key)?.name
    }
}
