/// The names of the metrics, with the labels they carry. A label has a bounded set of values: kinds, states, codes,
/// never an id. Sites are bounded by what an operator has added.
package enum MetricName {
    // Jobs. Labels: `kind`; `outcome` where a job has ended.
    package static let jobsEnqueued = "tramline_jobs_enqueued_total"
    package static let jobsClaimed = "tramline_jobs_claimed_total"
    package static let jobsEnded = "tramline_jobs_ended_total"
    package static let jobsRunning = "tramline_jobs_running"
    package static let jobDuration = "tramline_job_duration_seconds"
    /// From the enqueueing to the claim.
    package static let jobWait = "tramline_job_wait_seconds"
    /// Jobs of dead workers that went back to the queue.
    package static let jobsReclaimed = "tramline_jobs_reclaimed_total"

    // The queue and the gates: what scaling looks at.
    package static let queueReady = "tramline_queue_ready"
    package static let queueDelayed = "tramline_queue_delayed"
    package static let sitesRunnable = "tramline_sites_runnable"
    package static let gateWait = "tramline_gate_wait_seconds"
    package static let gateHeld = "tramline_gate_held_seconds"
    /// Label `reason`.
    package static let gateClosed = "tramline_gate_closed_total"

    // Jira. Labels: `operation`, `status` (2xx, 4xx, 429, 5xx, none).
    package static let jiraRequests = "tramline_jira_requests_total"
    package static let jiraDuration = "tramline_jira_request_seconds"

    // Tickets. Label `outcome`: created, adopted, failed, parked.
    package static let ticketsSettled = "tramline_tickets_total"

    // The API. Labels: `method`, `route`, `status`.
    package static let httpRequests = "tramline_http_requests_total"
    package static let httpDuration = "tramline_http_request_seconds"
    package static let progressClients = "tramline_progress_clients"

    // The servers behind. Label `server`: postgres, redis.
    package static let connectionsOpen = "tramline_connections_open"
    package static let connectionWait = "tramline_connection_wait_seconds"
    package static let reconnections = "tramline_reconnections_total"
}
