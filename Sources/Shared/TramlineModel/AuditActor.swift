/// Who makes a change, as the audit trail names it.
package struct AuditActor: TextIdentifier {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Whoever uses an API key, by a request or by a command.
    package static func key(_ key: KeyID) -> AuditActor { AuditActor(rawValue: "key:\(key)") }

    /// A worker, in the name of a job that it has claimed.
    package static func worker(_ worker: WorkerID) -> AuditActor { AuditActor(rawValue: "worker:\(worker)") }

    /// An operator at the command line, who needs no key.
    package static let commandLine = AuditActor(rawValue: "cli")

    /// What the trail says where a transaction did not name its actor: a path of the code that forgot to.
    package static let unknown = AuditActor(rawValue: "unknown")
}
