/// Where and why a text is not JSON.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// From 1, in bytes of UTF-8.
    package let column: Int
    package let problem: String

    package var description: String { "line \(line), column \(column): \(problem)" }

    init(at offset: Int, of bytes: UnsafeBufferPointer<UInt8>, _ problem: String) {
        let before = bytes[..<min(offset, bytes.count)]
        self.line = 1 + before.count { $0 == 0x0A }
        self.column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        self.problem = problem
    }
}
