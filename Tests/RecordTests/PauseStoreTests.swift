import Postgres
import Record
import TestEquipment
import Testing
import TramlineModel

@Suite("The record of pauses", .postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct PauseStoreTests {
    private let site = PauseScope.site(SiteID(rawValue: "acme.example/jira"))

    @Test("Every change makes a later list; pausing twice keeps the first reason, and resuming twice does no harm")
    func changes() async throws {
        try await withRecord { record in
            let store = PauseStore(pool: record.pool)
            #expect(try await store.list() == .none)
            let (one, isNew) = try await store.pause(.kind(.export), by: "anna", reason: "Jira moves")
            #expect(isNew && one.scopes == [.kind(.export)] && one.revision == 1)
            let (again, isNewAgain) = try await store.pause(.kind(.export), by: "ben", reason: "me too")
            #expect(!isNewAgain && again.revision > one.revision)
            let (both, _) = try await store.pause(site, by: "anna", reason: "")
            #expect(both.scopes == [.kind(.export), site])
            #expect(try await store.list() == both)
            let current = try await store.current()
            #expect(current.map(\.scope) == [.kind(.export), site] && current[0].pausedBy == "anna")
            #expect(current[0].reason == "Jira moves")

            let (rest, wasPaused) = try await store.resume(.kind(.export), by: "ben")
            #expect(wasPaused && rest.scopes == [site])
            #expect(try await store.resume(.kind(.export), by: "ben").wasPaused == false)
            // What was once paused may be paused again.
            #expect(try await store.pause(.kind(.export), by: "anna", reason: "").isNew)
        }
    }

    @Test("Changes made at once have different revisions, and the greatest knows them all")
    func race() async throws {
        try await withRecord { record in
            let store = PauseStore(pool: record.pool)
            let lists = try await withThrowingTaskGroup(of: PauseList.self) { group in
                for kind in JobKind.allCases {
                    group.addTask { try await store.pause(.kind(kind), by: "anna", reason: "").list }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(lists.map(\.revision)).count == JobKind.allCases.count)
            let last = try #require(lists.max { $0.revision < $1.revision })
            #expect(last.scopes == Set(JobKind.allCases.map { .kind($0) }))
        }
    }

    @Test("What another release has paused is not known here, and does no harm")
    func unknown() async throws {
        try await withRecord { record in
            try await record.pool.execute(
                "INSERT INTO pauses (scope, name, paused_by, reason) VALUES ('kind', 'brew', 'anna', '')"
            )
            let store = PauseStore(pool: record.pool)
            #expect(try await store.list().scopes.isEmpty)
            #expect(try await store.current().isEmpty)
        }
    }
}
