import Record
import TramlineModel

/// What a person does next about a session, as the commands say it.
enum NextStep {
    /// - Parameters:
    ///   - task: the newest job that exported the session.
    ///   - manualFixes: how many there are.
    static func words(for session: SessionRow, task: JobID?, manualFixes: Int) -> String {
        switch session.status {
        case .ready where session.totalTickets == 0:
            "Import a session with at least one ticket."
        case .ready:
            "Start its export: POST /api/jira/export-session/\(session.id)"
        case .exporting:
            "Follow it: tramline-api sessions watch \(session.id)"
        case .completed where manualFixes > 0:
            "Mend in Jira what is to be mended by hand; nothing else is left to do."
        case .completed:
            "Nothing: all of it is in Jira."
        case .cancelled:
            "Go on where it stopped, which costs no retry: tramline-api sessions retry \(session.id)"
        case .exportFailed where session.isRetryAvailable:
            "Mend the cause, then go on where it stopped: tramline-api sessions retry \(session.id)"
        case .exportFailed:
            "No retries are left. An operator can queue its task again once the cause is mended: tramline-worker jobs requeue"
                + (task.map { " \($0)" } ?? "")
        }
    }
}
