/// Compares the migrations we know with those that a database says it has had. Pure.
struct MigrationPlan {
    /// A row of the history table.
    struct Applied: Equatable {
        let id: Int
        let name: String
        let checksum: String
    }

    /// What is still to be done, in order.
    let pending: [Migration]
    /// What was done, in order.
    let applied: [Migration]

    /// - Throws: ``PostgresError`` with `.migration` when the database is newer than we are, or has another history.
    init(known: [Migration], checksums: [Int: String], applied: [Applied]) throws(PostgresError) {
        let newestKnown = known.last?.id ?? 0
        if let newer = applied.first(where: { $0.id > newestKnown }) {
            throw PostgresError(
                .migration,
                "The database's schema is newer than this program: it has had migration \(newer.id) (\(newer.name)), "
                    + "we know them up to \(newestKnown)"
            )
        }
        let byID = Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0) })
        var faults: [String] = []
        for row in applied {
            guard let migration = byID[row.id] else {
                faults.append("\(row.id) (\(row.name)) was applied but is not known")
                continue
            }
            if migration.name != row.name {
                faults.append("\(row.id) was applied as \(row.name) but is called \(migration.name)")
            } else if checksums[row.id] != row.checksum {
                faults.append("\(row.id) (\(row.name)) has changed since it was applied")
            }
        }
        let done = Set(applied.map(\.id))
        let newestDone = done.max() ?? 0
        for migration in known where migration.id < newestDone && !done.contains(migration.id) {
            faults.append("\(migration.id) (\(migration.name)) was not applied but a later one was")
        }
        guard faults.isEmpty else {
            throw PostgresError(
                .migration,
                "The database's history differs from ours: \(faults.joined(separator: "; "))"
            )
        }
        self.pending = known.filter { !done.contains($0.id) }
        self.applied = known.filter { done.contains($0.id) }
    }
}
