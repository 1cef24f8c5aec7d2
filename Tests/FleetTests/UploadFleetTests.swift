import Foundation
import JiraSimulator
import TestEquipment
import Testing

@Suite("A fleet that is given large files", .postgres, .redis, .tags(.fleet), .timeLimit(.minutes(5)))
struct UploadFleetTests {
    /// The largest that is taken.
    private static let size = 100 << 20
    /// What a process may need beyond what it needs in any case: far less than the file, which would be there twice at least
    /// if it were ever held whole.
    private static let allowance = 80 << 20

    @Test("One of 100 MiB reaches Jira byte for byte, once, though the answer was lost; no process ever holds it")
    func large() async throws {
        try await Fleet.run(.init(workers: 1, uploadLimit: Self.size)) { fleet in
            let upload = Fault(.dropAfterCommit, method: "POST", path: "/rest/api/3/issue/*/attachments", .nth(1))
            fleet.jira.add(upload)
            let session = try await fleet.importSession(ImportBody("U", count: 1))
            let processes = [try #require(fleet.api), fleet.workers[0]]
            let before = try processes.map { try $0.peakMemory() }

            let file = Self.bytes()
            let answer = try await fleet.send(
                "PUT",
                "/api/sessions/\(session.wire)/tickets/T1/attachments/large.bin",
                key: fleet.key,
                body: file,
                headers: ["Content-Type": "application/octet-stream"],
                timeout: 240
            )
            try #require(answer.status == 201)
            try await fleet.startExport(session)
            try await fleet.completed(session)

            for (process, before) in zip(processes, before) {
                let more = try process.peakMemory() - before
                print("figure: \(process.name) has needed \(more >> 20) MiB more for a file of \(Self.size >> 20) MiB")
                try #require(more < Self.allowance, "\(process.name)")
            }
            let attachments = fleet.jira.issues().flatMap(\.attachments)
            try #require(attachments.map(\.filename) == ["large.bin"])
            try #require(Data(attachments[0].bytes) == file)
            let sent = fleet.jira.journal().filter { $0.method == "POST" && $0.path.hasSuffix("/attachments") }
            try #require(sent.count == 1)
            try fleet.checkSite(issues: 1)
        }
    }

    /// Bytes of which no piece is like another.
    private static func bytes() -> Data {
        var words = [UInt64](repeating: 0, count: size / 8)
        var word: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in words.indices {
            word ^= word << 13
            word ^= word >> 7
            word ^= word << 17
            words[index] = word
        }
        return words.withUnsafeBytes { Data($0) }
    }
}
