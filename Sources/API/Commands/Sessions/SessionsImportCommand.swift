import ArgumentParser
import Console
import Foundation
import Record
import Secrets
import TramlineModel

struct SessionsImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Stores a session of tickets from a JSON file.",
        discussion: """
            All or nothing: where anything is wrong, every fault is named by its place and nothing is stored. The same \
            as POST /api/sessions, but straight to the database.
            """
    )

    @Argument(help: "The file; - reads standard input.", completion: .file(extensions: ["json"]))
    var file: String

    @OptionGroup var key: KeyOptions

    @Option(help: "Importing again with the same key and the same file gives the same session.")
    var idempotencyKey: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard let idempotencyKey else { return }
        guard (1...255).contains(idempotencyKey.utf8.count),
            idempotencyKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw ValidationError("--idempotency-key must be 1 to 255 characters of ASCII without spaces") }
    }

    func run() async throws {
        let draft = try SessionDraft.parse(try Self.read(file))
        let imported = try await CommandRecord.with(keyIn: key.keyEnv, for: .write) { pool, owner in
            try await SessionStore(pool: pool).importSession(
                draft,
                team: owner.team,
                actor: .key(owner.key),
                idempotency: idempotencyKey.map { IdempotencyKey(key: $0, fingerprint: draft.fingerprint) },
                hash: Digest.sha256
            )
        }
        if output.json {
            print(
                JSONValue.members([
                    "session_id": .text(imported.id), "total_tickets": .integer(imported.totalTickets),
                    "created": .bool(imported.isNew),
                ]).text
            )
        } else {
            let what = imported.isNew ? "Imported" : "Already imported"
            let count = imported.totalTickets == 1 ? "1 ticket" : "\(imported.totalTickets) tickets"
            print("\(what) \(count) as session \(imported.id).")
        }
    }

    /// Reads a file, or standard input, up to the limit and one byte: enough to know that it is too large.
    static func read(_ path: String) throws -> Data {
        let limit = ImportLimits.bodyBytes + 1
        do {
            let handle =
                path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            defer { if path != "-" { handle.closeFile() } }
            var data = Data()
            while data.count < limit, let more = try handle.read(upToCount: min(limit - data.count, 1 << 20)),
                !more.isEmpty
            {
                data.append(more)
            }
            if data.count == limit {
                throw CommandFault("\(path) has more than \(ImportLimits.bodyBytes) bytes, the most for an import")
            }
            return data
        } catch let error as CommandFault {
            throw error
        } catch {
            throw CommandFault("cannot read \(path): \(Self.reason(error))")
        }
    }

    /// The system's word for it rather than Foundation's sentence.
    private static func reason(_ error: any Error) -> String {
        var error = error as NSError
        while let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError { error = underlying }
        if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
        switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: return "there is no such file"
        case .fileReadNoPermission: return "permission denied"
        default: return error.localizedDescription
        }
    }
}
