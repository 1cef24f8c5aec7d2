internal import Foundation

extension ImportReader {
    private static let attachmentMembers: Set = ["filename", "content_type", "content_base64"]

    mutating func attachments(_ value: JSONValue?, at place: ImportPlace) -> [SessionDraft.Attachment] {
        var attachments: [SessionDraft.Attachment] = []
        var names: Set<String> = []
        for (index, value) in list(value, at: place, most: ImportLimits.attachments).enumerated() {
            let place = place.element(index)
            guard let members = object(value, at: place, "an attachment", known: Self.attachmentMembers) else {
                continue
            }
            let filename = filename(members["filename"], at: place.member("filename"))
            let type = contentType(members["content_type"], at: place.member("content_type"))
            let content = content(members["content_base64"], at: place.member("content_base64"))
            guard let filename, let type, let content else { continue }
            // Jira would keep both, but a resumed export tells by its name whether a file is there already.
            guard names.insert(filename).inserted else {
                faults.add(place.member("filename"), "is the name of another attachment of this ticket")
                continue
            }
            attachments.append(SessionDraft.Attachment(filename: filename, contentType: type, bytes: content))
        }
        return attachments
    }

    private mutating func filename(_ value: JSONValue?, at place: ImportPlace) -> String? {
        guard let name = text(value, at: place, required: true) else { return nil }
        if let problem = AttachmentRules.problem(ofFilename: name) {
            faults.add(place, problem)
            return nil
        }
        return name
    }

    /// - Returns: the default where there is none; `nil` where it is wrong.
    private mutating func contentType(_ value: JSONValue?, at place: ImportPlace) -> String? {
        guard value != nil else { return SessionDraft.Attachment.defaultContentType }
        guard let type = text(value, at: place) else { return nil }
        if let problem = AttachmentRules.problem(ofContentType: type) {
            faults.add(place, problem)
            return nil
        }
        return type
    }

    private mutating func content(_ value: JSONValue?, at place: ImportPlace) -> [UInt8]? {
        guard let text = text(value, at: place, required: true) else { return nil }
        // Four characters for three bytes: too long a text is not decoded at all.
        guard text.utf8.count / 4 * 3 <= ImportLimits.attachmentBytes + 2 else {
            faults.add(place, "holds more than \(ImportLimits.attachmentBytes) bytes")
            return nil
        }
        guard let content = Data(base64Encoded: text) else {
            faults.add(place, "is not base64")
            return nil
        }
        guard content.count <= ImportLimits.attachmentBytes else {
            faults.add(place, "holds \(content.count) bytes, the most is \(ImportLimits.attachmentBytes)")
            return nil
        }
        return [UInt8](content)
    }
}
