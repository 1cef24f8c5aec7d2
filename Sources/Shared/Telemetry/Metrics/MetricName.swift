/// The names of the metrics, with the labels they carry. A label has a bounded set of values: kinds, states, codes,
/// never an id. Sites are bounded by what an operator has added.
package enum MetricName {
    // Jobs of this process. Labels: `kind`; `outcome`, the state that a run left its job in.
    package static let jobsClaimed = "tramline_jobs_claimed_total"
    package static let jobsEnded = "tramline_jobs_ended_total"
    package static let jobDuration = "tramline_job_run_seconds"
    package static let jobsRunning = "tramline_jobs_running"
    package static let jobsReclaimed = "tramline_jobs_reclaimed_total"

    // The queue and the gates of the whole fleet: what scaling looks at. Labels: `place`; `site`; `scope`.
    package static let queueJobs = "tramline_queue_jobs"
    package static let workers = "tramline_workers"
    package static let sitesRunnable = "tramline_sites_runnable"
    package static let gateWaiting = "tramline_gate_waiting"
    package static let gateForetold = "tramline_gate_foretold_seconds"
    package static let gateClosed = "tramline_gate_closed_seconds"
    package static let paused = "tramline_paused"

    // What this process saw of the gates and of Jira. Label `result`: ok, or the kind of failure.
    package static let gateWait = "tramline_gate_wait_seconds"
    package static let jiraRequests = "tramline_jira_requests_total"
    package static let jiraDuration = "tramline_jira_request_seconds"

    /// Whether the worker gets the jobs that there are. Label `part`.
    package static let ready = "tramline_ready"

    // The API. Labels: `method`, `route`, `status`.
    package static let httpRequests = "tramline_http_requests_total"
    package static let httpDuration = "tramline_http_request_seconds"
    package static let progressClients = "tramline_progress_clients"

    /// What people read beside a metric, where its name does not say it all.
    static let help = [
        jobsClaimed: "Jobs that this worker has claimed.",
        jobsEnded: "Runs that have ended here, by the state that each left its job in.",
        jobDuration: "How long the runs took that have ended here.",
        jobsRunning: "Jobs that this worker runs now.",
        jobsReclaimed: "Jobs that this worker has taken from dead ones and given back to the queue.",
        queueJobs: "Live jobs of the whole fleet, by where they are; every worker says the same.",
        workers: "Workers of the fleet whose leases stand.",
        sitesRunnable: "Sites with something to do now: more workers help as long as there are more of these.",
        gateWaiting: "Requests of the whole fleet that wait for a site's gate.",
        gateForetold: "How long the last one that waits for a site's gate will wait, by the spacing.",
        gateClosed: "How long Jira wants a site's gate closed.",
        paused: "1 for what an operator has paused.",
        gateWait: "How long requests of this worker waited for their turn at a site's gate.",
        jiraRequests: "Requests that this worker has sent to Jira, by how they ended.",
        jiraDuration: "How long Jira took to answer.",
        ready: "1 for each part of the worker that is well, 0 for one that is not.",
    ]
}
