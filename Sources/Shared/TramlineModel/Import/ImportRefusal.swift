/// One thing that is wrong with an import, by its place.
package struct ImportFault: Sendable, Equatable, CustomStringConvertible {
    /// Where: `tickets[3].title`; `body` for the document as a whole.
    package let at: String
    /// What is wrong, as the end of a sentence that begins with the place.
    package let message: String

    package init(at: String, message: String) {
        self.at = at
        self.message = message
    }

    package var description: String { "\(at) \(message)" }
}

/// Why an import was refused. Nothing was stored.
package enum ImportRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// Longer than ``ImportLimits/bodyBytes``.
    case tooLarge(bytes: Int)
    /// Not JSON at all.
    case malformed(JSONSyntaxError)
    /// JSON, but not an import: at most ``ImportLimits/listedFaults`` faults, and how many more there are.
    case invalid([ImportFault], more: Int)

    package var description: String {
        switch self {
        case .tooLarge(let bytes):
            return "the body has \(bytes) bytes, the most is \(ImportLimits.bodyBytes)"
        case .malformed(let error):
            return "the body is not JSON: \(error)"
        case .invalid(let faults, let more):
            let lines = faults.map { "  \($0)" } + (more > 0 ? ["  … and \(more) more"] : [])
            let count = faults.count + more
            let head = count == 1 ? "1 thing is wrong with the import:" : "\(count) things are wrong with the import:"
            return ([head] + lines).joined(separator: "\n")
        }
    }
}
