/// What goes into a URL, encoded so that it can be nothing but itself.
enum PercentEncoding {
    /// A segment of a path: everything but the unreserved characters is encoded, slashes and dots of "." and ".." as
    /// well.
    static func segment(_ text: String) -> String {
        text == "." || text == ".." ? text.utf8.map { _ in "%2E" }.joined() : encode(text)
    }

    /// `?name=value&…` with everything but the unreserved characters encoded; empty for no members.
    static func query(_ members: [(name: String, value: String)]) -> String {
        guard !members.isEmpty else { return "" }
        return "?" + members.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }

    private static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3986, section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
