import ADF
import Foundation

/// Converts `{"id", "html"}` lines of the standard input, for checks by other tools.
func convertLines() throws {
    let converter = ADFConverter(options: .init(knownAccounts: ["u1", "u2"]))
    var output: [UInt8] = []
    while let line = readLine() {
        guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let html = object["html"] as? String
        else { continue }
        converter.convert(html).writeLine(id: object["id"] as? String ?? "", to: &output)
        if output.count > 1 << 20 {
            try FileHandle.standardOutput.write(contentsOf: output)
            output.removeAll(keepingCapacity: true)
        }
    }
    try FileHandle.standardOutput.write(contentsOf: output)
}
