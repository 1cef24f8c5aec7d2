package import Postgres

/// The record's shape, step by step. A released migration never changes.
package enum RecordMigrations {
    /// All migrations, oldest first.
    package static let all: [Migration] = [
        Migration(
            id: 1,
            name: "teams",
            up: text(PackageResources.m0001_teams_up_sql),
            down: text(PackageResources.m0001_teams_down_sql)
        ),
        Migration(
            id: 2,
            name: "sessions",
            up: text(PackageResources.m0002_sessions_up_sql),
            down: text(PackageResources.m0002_sessions_down_sql)
        ),
        Migration(
            id: 3,
            name: "jobs",
            up: text(PackageResources.m0003_jobs_up_sql),
            down: text(PackageResources.m0003_jobs_down_sql)
        ),
        Migration(
            id: 4,
            name: "audit",
            up: text(PackageResources.m0004_audit_up_sql),
            down: text(PackageResources.m0004_audit_down_sql)
        ),
        Migration(
            id: 5,
            name: "uploads",
            up: text(PackageResources.m0005_uploads_up_sql),
            down: text(PackageResources.m0005_uploads_down_sql)
        ),
        Migration(
            id: 6,
            name: "reconciliation",
            up: text(PackageResources.m0006_reconciliation_up_sql),
            down: text(PackageResources.m0006_reconciliation_down_sql)
        ),
        Migration(
            id: 7,
            name: "sync",
            up: text(PackageResources.m0007_sync_up_sql),
            down: text(PackageResources.m0007_sync_down_sql)
        ),
        Migration(
            id: 8,
            name: "oauth",
            up: text(PackageResources.m0008_oauth_up_sql),
            down: text(PackageResources.m0008_oauth_down_sql)
        ),
        Migration(
            id: 9,
            name: "pauses",
            up: text(PackageResources.m0009_pauses_up_sql),
            down: text(PackageResources.m0009_pauses_down_sql)
        ),
        Migration(
            id: 10,
            name: "deaths",
            up: text(PackageResources.m0010_deaths_up_sql),
            down: text(PackageResources.m0010_deaths_down_sql)
        ),
        Migration(
            id: 11,
            name: "upkeep",
            up: text(PackageResources.m0011_upkeep_up_sql),
            down: text(PackageResources.m0011_upkeep_down_sql)
        ),
        Migration(
            id: 12,
            name: "companions",
            up: text(PackageResources.m0012_companions_up_sql),
            down: text(PackageResources.m0012_companions_down_sql)
        ),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
