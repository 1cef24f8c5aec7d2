import Jobs
import Telemetry
import Testing
import TramlineModel

@testable import Delivery
@testable import Worker

@Suite("The fleet's figures")
struct FleetFiguresTests {
    private func gate(
        _ site: String,
        waiting: Int,
        holder: String? = nil,
        nextIn: Duration = .zero,
        closedFor: Duration = .zero
    ) -> DeliveryStats.Gate {
        DeliveryStats.Gate(
            site: SiteID(rawValue: site),
            spacedWaiting: waiting,
            unspacedWaiting: 1,
            holder: holder.map { WorkerID(rawValue: $0) },
            nextIn: nextIn,
            closedFor: closedFor
        )
    }

    @Test("What scaling looks at: runnable sites, and how long the last one at each gate will wait")
    func figures() {
        let stats = DeliveryStats(
            hasGeneration: true,
            ready: 4,
            delayed: 3,
            aside: 2,
            held: 1,
            leader: nil,
            paused: [.site(SiteID(rawValue: "b.example")), .queue],
            workers: [
                .init(worker: WorkerID(rawValue: "one"), leaseLeft: .seconds(5), held: 1, facts: nil),
                .init(worker: WorkerID(rawValue: "dead"), leaseLeft: .zero, held: 0, facts: nil),
            ],
            gates: [
                gate("b.example", waiting: 0, closedFor: .seconds(40)),
                gate("a.example", waiting: 10, holder: "one", nextIn: .milliseconds(500)),
            ]
        )
        var text = PrometheusText()
        FleetFigures(stats: stats, spacing: .milliseconds(1500)).write(to: &text)
        for line in [
            #"tramline_queue_jobs{place="ready"} 4"#, #"tramline_queue_jobs{place="aside"} 2"#, "tramline_workers 1",
            "tramline_sites_runnable 2", #"tramline_paused{scope="queue"} 1"#,
            #"tramline_paused{scope="site b.example"} 1"#,
            #"tramline_gate_waiting{sends="writes",site="a.example"} 10"#,
            // The rest of the spacing, then nine others and the one in flight.
            #"tramline_gate_foretold_seconds{site="a.example"} 15.5"#,
            #"tramline_gate_foretold_seconds{site="b.example"} 0"#,
            #"tramline_gate_closed_seconds{site="b.example"} 40"#,
        ] { #expect(text.text.contains("\n\(line)\n"), "\(line)\n\(text.text)") }
        #expect(!text.text.contains("# TYPE tramline_queue_jobs gauge\n# TYPE"))
    }

    @Test("A part that is not well is 0")
    func ready() {
        let readiness = WorkerReadiness(
            worker: WorkerID(rawValue: "one"),
            parts: [.init("redis", fault: nil), .init("wakes", fault: "nothing is heard")],
            jobs: 7,
            isScheduler: false,
            paused: []
        )
        var text = PrometheusText()
        readiness.write(to: &text)
        #expect(text.text.contains(#"tramline_ready{part="redis"} 1"# + "\n"))
        #expect(text.text.contains(#"tramline_ready{part="wakes"} 0"# + "\n"))
        #expect(text.text.hasSuffix("tramline_jobs_running 7\n"))
    }
}
