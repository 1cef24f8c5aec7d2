/// Says what is wrong with a document that is meant for a description of Jira Cloud.
///
/// It holds documents to Atlassian's published schema and to what Jira accepts in a description beyond it: which nodes may
/// stand where, which marks go together, what text may hold. Only the part of the format that ``ADFConverter`` uses is
/// known; anything else is a fault.
package enum ADFValidator {
    /// The faults of a document, in its order, up to a number of them; empty when it may be sent.
    ///
    /// - Parameter document: JSON, with members in any order and white space anywhere.
    package static func faults(in document: [UInt8], limit: Int = 100) -> [ADFFault] {
        document.withUnsafeBufferPointer { bytes in
            var validation = Validation(bytes, limit: limit)
            validation.run()
            return validation.faults
        }
    }
}

/// One fault of a document: which node, where, and why.
package struct ADFFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The type of the node, or "document" where that cannot be told.
    package let node: String
    /// The way to it from the document, as in `content[3].content[0]`.
    package let path: String
    /// Why it is not valid, in words.
    package let reason: String
    /// The first words of what the node shows; may be empty.
    package let words: String

    package var description: String { "\(node) at \(path) is not valid: \(reason)" }

    /// What a person can do about it.
    package var suggestion: String {
        words.isEmpty ? "Simplify the \(node)" : "Simplify the \(node) near “\(words)”"
    }
}
