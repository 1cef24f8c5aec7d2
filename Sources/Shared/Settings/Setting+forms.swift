internal import Foundation
internal import Secrets

/// The forms that values have.
extension Setting {
    /// A time in seconds, with a decimal point where wanted.
    static func seconds(
        _ variable: String,
        _ range: ClosedRange<Double>,
        example: String
    ) -> Setting<Duration> {
        Setting<Duration>(variable, example: example) { text throws(SettingProblem) in
            // Digits and a point only: `Double` would take "1e9", "0x1p3" and "inf" as well.
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let seconds = Double(text),
                range.contains(seconds)
            else {
                throw SettingProblem(must: "be \(plain(range.lowerBound))...\(plain(range.upperBound)) seconds")
            }
            return .microseconds(Int64((seconds * 1e6).rounded()))
        }
    }

    static func integer(_ variable: String, _ range: ClosedRange<Int>, example: String) -> Setting<Int> {
        Setting<Int>(variable, example: example) { text throws(SettingProblem) in
            guard let number = Int(text), range.contains(number) else {
                throw SettingProblem(must: "be a whole number of \(range.lowerBound)...\(range.upperBound)")
            }
            return number
        }
    }

    static func flag(_ variable: String) -> Setting<Bool> {
        Setting<Bool>(variable, example: "true") { text throws(SettingProblem) in
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw SettingProblem(must: "be true or false")
            }
        }
    }

    /// One of a few words.
    static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ variable: String,
        of type: Word.Type,
        example: String
    ) -> Setting<Word> {
        Setting<Word>(variable, example: example) { text throws(SettingProblem) in
            guard let word = Word(rawValue: text.lowercased()) else {
                throw SettingProblem(must: "be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
    }

    /// An address of an HTTP server, without query and fragment; a closing slash is taken off.
    static func webAddress(_ variable: String, example: String) -> Setting<URL> {
        Setting<URL>(variable, example: example) { text throws(SettingProblem) in
            var text = text
            while text.hasSuffix("/") { text.removeLast() }
            guard let parts = URLComponents(string: text, encodingInvalidCharacters: false),
                ["http", "https"].contains(parts.scheme),
                parts.host?.isEmpty == false, parts.user == nil, parts.query == nil, parts.fragment == nil,
                let address = parts.url
            else {
                throw SettingProblem(must: "be an http or https address without user, query and fragment")
            }
            return address
        }
    }

    /// A secret of any form: printable ASCII, since it goes into headers.
    static func secret(_ variable: String, example: String) -> Setting<Secret<String>> {
        Setting<Secret<String>>(variable, isSecret: true, example: example) { text throws(SettingProblem) in
            guard text.utf8.count <= 8192, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw SettingProblem(must: "be printable ASCII without spaces")
            }
            return Secret(text)
        }
    }

    /// The address of one of our servers, which may hold a password and is treated as a secret as a whole.
    static func serverAddress(
        _ variable: String,
        schemes: [String],
        hostMayBeMissing: Bool,
        example: String
    ) -> Setting<Secret<String>> {
        Setting<Secret<String>>(variable, isSecret: true, example: example) { text throws(SettingProblem) in
            let choice = schemes.map { "\($0)://" }.joined(separator: " or ")
            guard schemes.contains(where: { text.hasPrefix("\($0)://") }) else {
                throw SettingProblem(must: "begin with \(choice)")
            }
            guard let parts = URLComponents(string: text, encodingInvalidCharacters: false) else {
                throw SettingProblem(
                    must:
                        "be an address; characters such as @, /, # and % in a password are written as %40, %2F, %23, %25"
                )
            }
            guard hostMayBeMissing || parts.host?.isEmpty == false else {
                throw SettingProblem(must: "name a host after \(choice)")
            }
            guard parts.port.map((1...65535).contains) ?? true else {
                throw SettingProblem(must: "name a port of 1...65535")
            }
            return Secret(text)
        }
    }
}

/// A bound as people write it: 60, not 60.0.
private func plain(_ bound: Double) -> String {
    bound == bound.rounded() ? String(Int(bound)) : String(bound)
}
