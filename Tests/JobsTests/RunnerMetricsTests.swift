import Record
import Telemetry
import TestEquipment
import Testing
import TramlineModel

@testable import Jobs

@Suite("What a worker counts", .postgres, .redis, .tags(.postgres, .redis), .timeLimit(.minutes(1)))
struct RunnerMetricsTests {
    @Test("Jobs are counted when they are claimed and when they end, by kind and outcome, and so is the wait at gates")
    func jobs() async throws {
        try await withRoad { road in
            let registry = MetricRegistry()
            let handler = TestHandler { run in
                try await run.withPass(
                    site: SiteID(rawValue: "acme.example"),
                    spaced: false,
                    deadline: .now + .seconds(30)
                ) { _ in }
                guard run.claim.job.priority == .person else {
                    let fault = Fault(category: .temporary, code: "x", userMessage: "x", recoveryActions: [])
                    return .failed(fault)
                }
                return .succeeded
            }
            try await road.withWorker(running: handler, metrics: RunnerMetrics(factory: registry)) { worker in
                for priority in [JobPriority.person, .person, .scheduled] {
                    let job = try await road.enqueue(priority: priority)
                    try await handler.log.wait { $0.conclusions(of: job.id).count == 1 }
                }
                try await worker.stop()
            }
            var text = PrometheusText()
            registry.write(to: &text)
            for line in [
                #"tramline_jobs_claimed_total{kind="notify"} 3"#,
                #"tramline_jobs_ended_total{kind="notify",outcome="succeeded"} 2"#,
                #"tramline_jobs_ended_total{kind="notify",outcome="failed"} 1"#,
                #"tramline_job_run_seconds_count{kind="notify"} 3"#,
                "tramline_gate_wait_seconds_count 3", "tramline_jobs_reclaimed_total 0",
            ] { #expect(text.text.contains("\n\(line)\n"), "\(line)") }
        }
    }
}
