import Foundation
import JiraSimulator
import Testing

extension Fleet {
    /// Checks what must be true of a site whatever has happened: so many issues, none of them twice, and never two requests at
    /// once.
    func checkSite(_ site: String = "acme", issues count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        let summary = try #require(jira.summary().sites[site], sourceLocation: sourceLocation)
        let issues = jira.issues(site: site)
        try #require(issues.count == count, sourceLocation: sourceLocation)
        try #require(Set(issues.map(\.summary)).count == count, sourceLocation: sourceLocation)
        try #require(jira.duplicates(site: site).isEmpty, sourceLocation: sourceLocation)
        try #require(summary.maxInFlight == 1, sourceLocation: sourceLocation)
    }

    /// Checks that spaced requests to a site started a spacing apart, over all workers.
    ///
    /// To the millisecond it is measured elsewhere, on a machine that does nothing else. Here half of it is left to the
    /// scheduler, which may deliver one request late and the next in time; without a gate the gaps would be a tenth of it.
    func checkSpacing(_ site: String = "acme", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let gap = try #require(jira.summary().sites[site]?.minSpacedGap, sourceLocation: sourceLocation)
        try #require(Double(gap) >= options.spacing * 0.5e6, sourceLocation: sourceLocation)
    }

    /// Checks that no create was sent a second time.
    func checkNoRepetition(_ site: String = "acme", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let titles = jira.journal(site: site).filter(\.isCreate).map(\.title)
        try #require(Set(titles).count == titles.count, sourceLocation: sourceLocation)
    }

    /// Puts a figure into the log of the tests.
    func report(_ name: String, _ seconds: Double) {
        print("figure: \(name): \((seconds * 100).rounded() / 100) s")
    }
}

/// The shared fixtures, where they are: `TRAMLINE_SHARED`, or `../shared` from the project's root.
enum SharedFixtures {
    private static var folder: URL {
        if let path = ProcessInfo.processInfo.environment["TRAMLINE_SHARED"] { return URL(filePath: path) }
        return URL(filePath: FileManager.default.currentDirectoryPath).appending(path: "../shared").standardizedFileURL
    }

    static var corpus: URL { folder.appending(path: "fixtures/html/corpus.jsonl") }

    static var hasCorpus: Bool { FileManager.default.isReadableFile(atPath: corpus.path(percentEncoded: false)) }

    struct Fragment: Decodable {
        let id: String
        let html: String
    }

    static func fragments() throws -> [Fragment] {
        try String(contentsOf: corpus, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(Fragment.self, from: Data(line.utf8))
        }
    }
}
