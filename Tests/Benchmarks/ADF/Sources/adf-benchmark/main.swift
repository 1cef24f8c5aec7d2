import ADF
import Foundation

while let line = readLine() {
    guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], let html = object["html"] as? String else { continue }
    let id = object["id"] as? String ?? ""
    let converted = ADFConverter().convert(html)
    let warn = converted.report.warnings.map { "\($0.kind.rawValue)x\($0.count)" }.joined(separator: " ")
    print("{\"id\":\"\(id)\",\"warn\":\"\(warn)\",\"error\":\"\(converted.report.errorMessage ?? "")\",\"adf\":\(converted.json ?? "null")}")
}
