import Testing
import TramlineModel

@testable import Console

@Suite("Tables for people")
struct TableTests {
    @Test("Columns are as wide as their widest cell, and no line ends in spaces")
    func columns() {
        let table = TextTable(["A", "B", "C"], [["1", "long one", ""], ["22", "", "x"]])
        #expect(table.text == "A   B         C\n1   long one\n22            x")
    }

    @Test("A line that is too wide is cut, and says so")
    func width() {
        let table = TextTable(["ID", "NOTE"], [["1", String(repeating: "n", count: 50)]])
        let lines = table.text(width: 20).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 20 } && lines[1].hasSuffix("…"))
        #expect(table.text(width: 54) == table.text)
    }

    @Test("What would steer a terminal is not shown")
    func control() {
        #expect(TextTable(["A"], [["\u{1B}[31mred\n"]]).text == "A\n [31mred ")
    }

    @Test(
        "Durations are said in one unit",
        arguments: [
            (Duration.milliseconds(20), "0s"), (.milliseconds(440), "0.4s"), (.seconds(3), "3s"), (.seconds(90), "90s"),
            (.seconds(119), "119s"), (.seconds(120), "2m"), (.seconds(7199), "119m"), (.seconds(7200), "2h"),
            (.seconds(172_799), "47h"), (.seconds(172_800), "2d"), (.seconds(-5), "0s"),
        ]
    )
    func durations(duration: Duration, text: String) {
        #expect(duration.forTable == text)
    }

    @Test("Seconds in JSON are numbers to the millisecond")
    func seconds() {
        #expect(JSONValue.seconds(.milliseconds(1500)).text == "1.500")
        #expect(JSONValue.seconds(.milliseconds(7)).text == "0.007")
        #expect(JSONValue.seconds(.seconds(6)).text == "6")
    }
}
