import NIOCore
import NIOHTTP1

/// What the body of a failure says, in whichever of Jira's forms, bounded and without the secret.
struct Said {
    private(set) var errorMessages: [String] = []
    private(set) var fieldErrors: [String: String] = [:]
    /// The body's own word for what is the matter (`error`), where it is one.
    private(set) var word: String?

    private static let maximumEntries = 50
    private static let maximumLength = 1000
    private let secret: String

    /// Reads `{errorMessages, errors}`; the gateway's `{code, message}` and `{error}`; RFC 9457's `{title, detail}`;
    /// plain text. HTML pages and what is no JSON say nothing.
    init(_ answer: JiraAnswer, redacting secret: String) {
        self.secret = secret
        let type = answer.headers.first(name: "Content-Type")?.lowercased() ?? ""
        // A body that is no JSON, or is cut, is not an error here: the status has said what counts.
        if let json = try? JiraJSON(parsingContiguous: answer.body) {
            read(json)
        } else if type.hasPrefix("text/plain") {
            add(String(decoding: answer.body.readableBytesView, as: UTF8.self))
        }
    }

    private mutating func read(_ json: JiraJSON) {
        for text in json["errorMessages"]?.strings ?? [] { add(text) }
        for (field, value) in (json["errors"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard fieldErrors.count < Self.maximumEntries else { break }
            let text = value.string ?? String(decoding: value.encoded(), as: UTF8.self)
            fieldErrors[JiraError.shortened(field, to: 100)] = clean(text)
        }
        if let text = json["error"]?.string, text.utf8.count <= 50, text.utf8.allSatisfy(Self.isOfWord) { word = text }
        guard errorMessages.isEmpty, fieldErrors.isEmpty else { return }
        for name in ["message", "error_description", "error", "detail", "title"] {
            if let text = json[name]?.string {
                add(text)
                return
            }
        }
    }

    /// RFC 6749's words are of small letters and underscores.
    private static func isOfWord(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte == 0x5F }

    private mutating func add(_ text: String) {
        let text = clean(text)
        if !text.isEmpty, errorMessages.count < Self.maximumEntries { errorMessages.append(text) }
    }

    private func clean(_ text: String) -> String {
        // Short secrets occur in honest words; no real token is that short.
        let safe = secret.utf8.count < 8 ? text : text.replacing(secret, with: "•••")
        return JiraError.shortened(safe, to: Self.maximumLength)
    }
}

extension ByteBuffer: ContiguousBytesOfJSON {
    func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        withUnsafeReadableBytes { body($0.bindMemory(to: UInt8.self)) }
    }
}
