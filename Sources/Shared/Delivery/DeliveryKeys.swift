import TramlineModel

/// The names that Swift needs to know: the root of all keys, and the channels.
///
/// Every key begins with the root, whose `{hash tag}` puts all of them into one slot of a cluster, so that one script may
/// touch any of them. Scripts make the rest of the names themselves, in `Lua/includes/keys.lua`: which worker's set or
/// which site's gate is touched often turns out only inside the script.
struct DeliveryKeys: Sendable {
    let root: String

    /// - Parameter space: What stands in the hash tag; "q" for the one queue of a fleet, something else for tests.
    init(space: String) {
        precondition(!space.isEmpty && !space.contains("}"), "A hash tag is some text without a closing brace")
        root = "tramline:{\(space)}"
    }

    /// Announces ready jobs to every worker.
    var wake: String { "\(root):wake" }

    /// Announces a turn at a gate to the worker that waits for it.
    func wake(of worker: WorkerID) -> String { "\(root):wake:\(worker)" }

    /// What a process says to itself, to prove that it hears.
    func saying(to process: String) -> String { "\(root):saying:\(process)" }

    /// Stands while a session's status may not be asked for.
    func status(of session: SessionID) -> String { "\(root):status:\(session)" }

    /// Announces a session's new progress messages.
    func progress(of session: SessionID) -> String { "\(root):progress:\(session)" }

    /// Announces the end of a job for which somebody waits.
    func end(of job: JobID) -> String { "\(root):end:\(job)" }
}
