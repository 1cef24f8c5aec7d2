import Foundation
import Logging
import Synchronization
import Telemetry
import Testing

@Suite struct LineLogHandlerTests {
    /// Logs by one handler, and gives the lines.
    private func lines(_ format: LogFormat, level: Logger.Level = .info, _ log: (Logger) -> Void) -> [String] {
        final class Lines: Sendable { let all = Mutex<[String]>([]) }
        let lines = Lines()
        let logger = Logger(label: "tramline") { label in
            LineLogHandler(label: label, level: level, format: format) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        log(logger)
        return lines.all.withLock { $0 }
    }

    @Test("A text line has the time, the level, the message and the facts in order")
    func text() throws {
        let lines = lines(.text) { logger in
            var logger = logger
            logger[metadataKey: LogKey.jobID] = "6f0d"
            logger.info("job claimed", metadata: [LogKey.epoch: "3", "note": "a b"])
            logger.debug("not logged at this level")
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.hasSuffix("Z INFO    job claimed epoch=3 job.id=6f0d note=\"a b\"\n"))
        #expect(line.prefixMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /#) != nil)
    }

    @Test("No value can forge a line or steer a terminal", arguments: LogFormat.allCases)
    func control(format: LogFormat) throws {
        let nasty = "end\n2026-01-01 ERROR forged\u{1B}[2J\u{2028}\u{9B}"
        let lines = lines(format) { $0.warning("\(nasty)", metadata: ["value": "\(nasty)"]) }
        let line = try #require(lines.first)
        #expect(line.unicodeScalars.filter { $0 == "\n" }.count == 1)
        #expect(!line.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{2028}" || $0 == "\u{9B}" })
    }

    @Test("A JSON line is one object that gives every fact back")
    func json() throws {
        struct Broken: Error, CustomStringConvertible { let description = "it \"broke\"" }
        let lines = lines(.json, level: .trace) { logger in
            logger.trace(
                "said \"hello\"\\",
                error: Broken(),
                metadata: ["time": "mine", "list": ["a", ["k": "v"]], LogKey.siteID: "acme.atlassian.net"]
            )
        }
        let line = try #require(lines.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == "said \"hello\"\\")
        #expect(object["level"] as? String == "trace")
        #expect(object["label"] as? String == "tramline")
        #expect(object["site.id"] as? String == "acme.atlassian.net")
        #expect(object["fact.time"] as? String == "mine")
        #expect(object["error"] as? String == "it \"broke\"")
        #expect((object["list"] as? [Any])?.count == 2)
    }
}
