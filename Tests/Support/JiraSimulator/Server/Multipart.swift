import Glibc

/// The parts of a `multipart/form-data` body.
enum Multipart {
    /// One part.
    struct Part: Sendable {
        let name: String
        let filename: String?
        let type: String?
        let bytes: ArraySlice<UInt8>
    }

    /// Takes a body apart.
    ///
    /// - Parameter type: The header field `Content-Type`.
    /// - Returns: Nil for another type, a missing boundary, or a body that does not end with the closing delimiter.
    static func parts(of body: [UInt8], type: String?) -> [Part]? {
        guard let type, type.lowercased().hasPrefix("multipart/form-data"),
            let boundary = parameter("boundary", in: type), !boundary.isEmpty
        else { return nil }
        let delimiter = Array("--\(boundary)".utf8)
        guard var at = find(delimiter, in: body, from: 0) else { return nil }
        var parts: [Part] = []
        while true {
            at += delimiter.count
            if body[at...].starts(with: [0x2D, 0x2D]) { return parts }
            guard body[at...].starts(with: [0x0D, 0x0A]),
                let headEnd = find([0x0D, 0x0A, 0x0D, 0x0A], in: body, from: at),
                let end = find([0x0D, 0x0A] + delimiter, in: body, from: headEnd + 2)
            else { return nil }
            let head = String(decoding: body[(at + 2)..<max(at + 2, headEnd)], as: UTF8.self)
            let content = end >= headEnd + 4 ? body[(headEnd + 4)..<end] : []
            guard let part = part(head: head, content) else { return nil }
            parts.append(part)
            at = end + 2
        }
    }

    private static func part(head: String, _ content: ArraySlice<UInt8>) -> Part? {
        var disposition: String?
        var type: String?
        for line in head.split(separator: "\r\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let value = String(halves[1].drop { $0 == " " })
            switch halves[0].lowercased() {
            case "content-disposition": disposition = value
            case "content-type": type = value
            default: break
            }
        }
        guard let disposition, let name = parameter("name", in: disposition) else { return nil }
        return Part(name: name, filename: parameter("filename", in: disposition), type: type, bytes: content)
    }

    /// A parameter of a header field's value, quoted or not.
    private static func parameter(_ name: String, in value: String) -> String? {
        for piece in pieces(of: value).dropFirst() {
            let halves = piece.split(separator: "=", maxSplits: 1)
            guard halves.count == 2, halves[0].trimmingSpaces.lowercased() == name else { continue }
            let text = halves[1].trimmingSpaces
            guard text.first == "\"", text.last == "\"", text.count >= 2 else { return String(text) }
            // Browsers write a quote in a name as %22; others escape it.
            return String(text.dropFirst().dropLast()).replacing("\\\"", with: "\"").replacing("%22", with: "\"")
        }
        return nil
    }

    /// The value split at semicolons outside quotes.
    private static func pieces(of value: String) -> [String] {
        var pieces = [""]
        var isQuoted = false
        var isEscaped = false
        for character in value {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            if character == ";", !isQuoted {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        return pieces
    }

    private static func find(_ pattern: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        body.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let first = pattern.first else { return nil }
            var at = start
            while at + pattern.count <= bytes.count {
                // A file of 100 MiB is looked through: by the system, which does it fast.
                guard let found = memchr(base + at, Int32(first), bytes.count - at) else { return nil }
                at = UnsafeRawPointer(found) - base
                if at + pattern.count <= bytes.count, memcmp(base + at, pattern, pattern.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring { String(self).trimmingSpaces }
}
