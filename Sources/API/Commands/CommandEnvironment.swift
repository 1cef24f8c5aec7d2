import Console
import Foundation
import Secrets

/// Secrets that a command line names by their variables: arguments show in process lists and histories, variables do not.
enum CommandEnvironment {
    /// - Parameters:
    ///   - variable: the variable's name.
    ///   - what: what it should hold, for the fault: "the API key".
    static func secret(in variable: String, is what: String) throws -> Secret<String> {
        let text = ProcessInfo.processInfo.environment[variable]?.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let text, !text.isEmpty else {
            // Somebody who gives the secret itself should not see it repeated.
            let isName = variable.utf8.count <= 60 && variable.utf8.allSatisfy { $0 == 0x5F || isLetterOrDigit($0) }
            let name = isName ? "the environment variable \(variable)" : "that environment variable"
            throw CommandFault("\(name) is not set; it should hold \(what)")
        }
        guard text.utf8.count <= 8192, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandFault("\(variable) should hold \(what): printable ASCII without spaces")
        }
        return Secret(text)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
