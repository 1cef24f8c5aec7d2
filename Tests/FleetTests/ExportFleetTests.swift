import Foundation
import JiraSimulator
import TestEquipment
import Testing

@Suite("A fleet that exports", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(3)))
struct ExportFleetTests {
    @Test(
        "Every fragment of the corpus becomes one issue",
        .enabled(if: SharedFixtures.hasCorpus, "the shared fixtures are not there: no corpus to export")
    )
    func corpus() async throws {
        try await Fleet.run(.init(spacing: 0.05)) { fleet in
            let fragments = try SharedFixtures.fragments()
            var body = ImportBody("", count: 0)
            body.tickets = fragments.enumerated().map { index, fragment in
                ImportTicket(ref: "T\(index + 1)", title: fragment.id, descriptionHtml: fragment.html)
            }
            let session = try await fleet.importSession(byCommand: body)
            try await fleet.startExport(session)
            try await fleet.completed(session)
            try fleet.checkSite(issues: fragments.count)
            try fleet.checkSpacing()
            try fleet.checkNoRepetition()
            try #require(Set(fleet.jira.issues().map(\.summary)) == Set(fragments.map(\.id)))
            // Jira took each document as it was: none had to be simplified.
            try #require(fleet.jira.journal().allSatisfy { !$0.isCreate || $0.status == 201 })
        }
    }

    @Test("A ticket comes after what it depends on, and gets its link")
    func dependencies() async throws {
        try await Fleet.run(.init(workers: 1, spacing: 0.05)) { fleet in
            var body = ImportBody("D", count: 4)
            body.tickets[0].dependsOn = ["T3"]
            body.tickets[2].dependsOn = ["T4"]
            let session = try await fleet.importSession(body)
            try await fleet.startExport(session)
            try await fleet.completed(session)
            try fleet.checkSite(issues: 4)
            let titles = fleet.jira.issues().map(\.summary)
            let order = ["D 4", "D 3", "D 1"].map { titles.firstIndex(of: $0) ?? -1 }
            try #require(order == order.sorted())
            try #require(fleet.jira.links().count == 2)
        }
    }

    @Test("Two sessions on one site take turns and keep the spacing")
    func turns() async throws {
        try await Fleet.run { fleet in
            let first = try await fleet.importSession(ImportBody("A", count: 10))
            let second = try await fleet.importSession(ImportBody("B", count: 10))
            try await fleet.startExport(first)
            try await fleet.startExport(second)
            try await fleet.completed(first)
            try await fleet.completed(second)
            try fleet.checkSite(issues: 20)
            try fleet.checkSpacing()
            let names = fleet.jira.journal().filter(\.isCreate).map { String($0.title?.first ?? "?") }
            // From the first turn of the one that began later to the last of the one that ended first.
            let start = try #require(names.firstIndex { $0 != names[0] })
            let ended = names.last == "A" ? "B" : "A"
            let end = try #require(names.lastIndex(of: ended))
            let shared = names[start...end]
            try #require(shared.count >= 14)
            let repeated = zip(shared, shared.dropFirst()).count { $0 == $1 }
            // A job that is busy with its record when its turn comes loses that turn; not more often than now and then.
            try #require(repeated <= shared.count / 4)
        }
    }

    @Test("Two sites do not wait for each other")
    func sites() async throws {
        try await Fleet.run(.init(sites: ["acme", "umbrella"])) { fleet in
            async let acme = fleet.export("A", count: 12, site: "acme")
            async let umbrella = fleet.export("U", count: 12, site: "umbrella")
            try await fleet.completed(acme)
            try await fleet.completed(umbrella)
            for site in fleet.options.sites {
                try fleet.checkSite(site, issues: 12)
                try fleet.checkSpacing(site)
            }
            let creates = fleet.jira.journal().filter(\.isCreate)
            let spans = fleet.options.sites.map { site in
                let times = creates.filter { $0.site == site }.map(\.arrivedAt)
                return (times.first ?? 0)...(times.last ?? 0)
            }
            let shared = min(spans[0].upperBound, spans[1].upperBound) - max(spans[0].lowerBound, spans[1].lowerBound)
            let longest = spans.map { $0.upperBound - $0.lowerBound }.max() ?? 0
            // Side by side, not one after the other: most of the time both were under way.
            try #require(shared > longest / 2)
        }
    }
}
