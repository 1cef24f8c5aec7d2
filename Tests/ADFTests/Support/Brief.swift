import ADF
import Foundation

/// A short form of a document, to be read in a test: `paragraph["a", "b"~strong], rule`.
struct Brief {
    let text: String

    /// Of what a page becomes, or "failed: …" when it does not convert.
    init(_ html: String, options: ADFConverter.Options = .init()) throws {
        let conversion = ADFConverter(options: options).convert(html)
        guard let document = conversion.document else {
            text = "failed: \(conversion.report.errorMessage ?? "")"
            return
        }
        text = try Self.describe(document)
    }

    static func describe(_ document: [UInt8]) throws -> String {
        let root = try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any] ?? [:]
        return list(root["content"])
    }

    private static func list(_ content: Any?) -> String {
        (content as? [[String: Any]] ?? []).map(node).joined(separator: ", ")
    }

    private static func node(_ node: [String: Any]) -> String {
        let type = node["type"] as? String ?? "?"
        let marks = (node["marks"] as? [[String: Any]] ?? []).map { mark in
            "~\(mark["type"] as? String ?? "?")\(attributes(mark["attrs"]))"
        }.joined()
        if type == "text" { return "\"\(node["text"] as? String ?? "")\"\(marks)" }
        let content = node["content"] == nil ? "" : "[\(list(node["content"]))]"
        return "\(type)\(attributes(node["attrs"]))\(marks)\(content)"
    }

    private static func attributes(_ attributes: Any?) -> String {
        var all = attributes as? [String: Any] ?? [:]
        all["localId"] = nil
        if all["layout"] as? String == "center" { all["layout"] = nil }
        if all["type"] as? String == "external" { all["type"] = nil }
        guard !all.isEmpty else { return "" }
        return "(\(all.keys.sorted().map { "\($0): \(all[$0] ?? "")" }.joined(separator: ", ")))"
    }
}

/// A page, and what it becomes.
struct Case: CustomStringConvertible, Sendable {
    let html: String
    let brief: String
    var description: String { html }

    init(_ html: String, _ brief: String) {
        self.html = html
        self.brief = brief
    }
}
