import Foundation
import Jira
import Testing

@Suite("Spellings of time")
struct TimeTests {
    @Test(
        "ISO dates in each of Jira's spellings",
        arguments: [
            ("2026-02-11T09:41:22.104+0100", 1_770_799_282.104), ("2026-02-11T09:41:22.104+01:00", 1_770_799_282.104),
            ("2026-02-11T08:41:22.104Z", 1_770_799_282.104), ("2026-02-11T08:41:22Z", 1_770_799_282),
            ("2026-02-11T03:11:22.104000-0530", 1_770_799_282.104), ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("1969-12-31T23:59:59Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_799),
        ]
    )
    func iso(_ text: String, _ seconds: Double) {
        #expect(JiraTime.date(fromISO: text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(
        "Other texts are no dates",
        arguments: [
            "", "2026-02-11", "2026-13-11T00:00:00Z", "2026-02-11T24:00:00Z", "2026-02-11T08:41:22",
            "2026-02-11T08:41:22.Z",
            "2026-02-11T08:41:22+01", "2026-02-11 08:41:22Z", "2026-02-11T08:41:22Zx", "26-02-11T08:41:22Z",
        ]
    )
    func noDates(_ text: String) {
        #expect(JiraTime.date(fromISO: text) == nil)
    }

    @Test("Agrees with Foundation on many days")
    func days() throws {
        let style = Date.ISO8601FormatStyle()
        for day in stride(from: -100_000, through: 200_000, by: 997) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 45_296)
            #expect(JiraTime.date(fromISO: date.formatted(style)) == date)
        }
    }
}
