/// Documents that are made of no HTML.
package enum ADFDocument {
    /// A description without content, as compact JSON.
    package static let empty: [UInt8] = Array(#"{"version":1,"type":"doc","content":[]}"#.utf8)

    /// A valid document that shows a plain text: a paragraph for each line that is not blank, as compact JSON.
    ///
    /// Control characters are dropped, tabs become a space. The length is the caller's to heed.
    package static func plainText(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(text.utf8.count + 128)
        json.put(#"{"version":1,"type":"doc","content":["#)
        var line: [UInt8] = []
        var isFirst = true
        func endLine() {
            while line.last == 0x20 { line.removeLast() }
            guard !line.isEmpty else { return }
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            json.put(#"{"type":"paragraph","content":[{"type":"text","text":"#)
            line.withUnsafeBufferPointer { json.putString($0) }
            json.put("}]}")
            line.removeAll(keepingCapacity: true)
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x0D, 0x0C, 0x0B, 0x85, 0x2028, 0x2029: endLine()
            case 0x09: line.append(0x20)
            case 0..<0x20, 0x7F..<0xA0, 0xFEFF: break
            case 0x20 where line.isEmpty: break
            default: line.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        endLine()
        json.put("]}")
        return json
    }
}
