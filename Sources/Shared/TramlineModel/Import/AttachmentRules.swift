/// What a ticket's file may be called, and be: the same for a file within an import and for one that is sent by itself.
package enum AttachmentRules {
    /// What is wrong with a name, as the end of a sentence that begins with it.
    /// - Returns: `nil` when nothing is.
    package static func problem(ofFilename name: String) -> String? {
        if let problem = ImportReader.problem(ofLine: name, most: ImportLimits.filenameCharacters) { return problem }
        guard name != ".", name != "..", !name.utf8.contains(where: { $0 == 0x2F || $0 == 0x5C }) else {
            return "must be a plain file name, without a path"
        }
        return nil
    }

    /// What is wrong with a media type, as the end of a sentence that begins with it.
    /// - Returns: `nil` when nothing is.
    package static func problem(ofContentType type: String) -> String? {
        if let problem = ImportReader.problem(ofLine: type, most: ImportLimits.nameCharacters) { return problem }
        let halves = type.prefix { $0 != ";" }.split(separator: "/", omittingEmptySubsequences: false)
        let marks = "!#$&^_.+-".utf8
        let isToken = { (half: Substring) in
            !half.isEmpty
                && half.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
                        || marks.contains($0)
                }
        }
        guard halves.count == 2, halves.allSatisfy(isToken), type.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return "must be a media type such as image/png"
        }
        return nil
    }
}
