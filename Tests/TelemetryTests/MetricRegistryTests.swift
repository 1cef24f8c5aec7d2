import Metrics
import Testing

@testable import Telemetry

@Suite("What a process counts and measures, as a scraper reads it")
struct MetricRegistryTests {
    private func text(_ registry: MetricRegistry) -> String {
        var text = PrometheusText()
        registry.write(to: &text)
        return text.text
    }

    @Test("One name with the same labels is one series, whoever asks for it and in whatever order the labels come")
    func counters() {
        let registry = MetricRegistry()
        Counter(label: "a_total", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment(by: 3)
        Counter(label: "a_total", dimensions: [("y", "2"), ("x", "1")], factory: registry).increment()
        Counter(label: "a_total", dimensions: [("x", "0")], factory: registry).increment()
        #expect(
            text(registry).hasPrefix(
                """
                # TYPE a_total counter
                a_total{x="0"} 1
                a_total{x="1",y="2"} 4

                """
            )
        )
    }

    @Test("A gauge has its newest value, also of a fraction; ours are explained")
    func gauges() {
        let registry = MetricRegistry()
        let gauge = Gauge(label: MetricName.workers, factory: registry)
        gauge.record(7)
        gauge.record(2.5)
        #expect(text(registry).contains("# HELP tramline_workers Workers of the fleet whose leases stand.\n"))
        #expect(text(registry).contains("# TYPE tramline_workers gauge\ntramline_workers 2.5\n"))
    }

    @Test("A duration is counted in every bucket that it fits in, in seconds")
    func distributions() {
        let registry = MetricRegistry()
        let timer = Metrics.Timer(label: "t_seconds", dimensions: [("k", "v")], factory: registry)
        timer.record(duration: .milliseconds(5))
        timer.record(duration: .seconds(2))
        timer.record(duration: .seconds(4000))
        let lines = text(registry).split(separator: "\n")
        #expect(lines[0] == "# TYPE t_seconds histogram")
        #expect(lines[1] == #"t_seconds_bucket{k="v",le="0.005"} 1"#)
        #expect(lines.contains(#"t_seconds_bucket{k="v",le="1"} 1"#))
        #expect(lines.contains(#"t_seconds_bucket{k="v",le="2.5"} 2"#))
        #expect(lines.contains(#"t_seconds_bucket{k="v",le="1800"} 2"#))
        #expect(lines.contains(#"t_seconds_bucket{k="v",le="+Inf"} 3"#))
        #expect(lines.contains(#"t_seconds_sum{k="v"} 4002.005"#) && lines.contains(#"t_seconds_count{k="v"} 3"#))
    }

    @Test("Names and labels of others are made lawful, and no value ends a line")
    func names() {
        let registry = MetricRegistry()
        Counter(label: "9lives.of-a cät", dimensions: [("a.b", "say \"no\\\"\nx 1")], factory: registry).increment()
        #expect(text(registry).contains(#"_9lives_of_a_c_t{a_b="say \"no\\\"\nx 1"} 1"# + "\n"))
    }

    @Test("There is an end to the series: what comes beyond it is counted, and does no harm")
    func limit() {
        let registry = MetricRegistry(limit: 2)
        for number in 1...5 {
            Counter(label: "a_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        // One that is kept goes on.
        Counter(label: "a_total", dimensions: [("n", "1")], factory: registry).increment()
        // A name that stands for something else already.
        Gauge(label: "a_total", factory: registry).record(1)
        #expect(text(registry).contains("a_total{n=\"1\"} 2\na_total{n=\"2\"} 1\n# HELP"))
        #expect(text(registry).hasSuffix("tramline_metrics_refused_total 4\n"))
    }

    @Test("What is written from many tasks at once is all there")
    func concurrency() async {
        let registry = MetricRegistry()
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<1000 {
                        Counter(label: "a_total", dimensions: [("n", "\(number % 5)")], factory: registry).increment()
                        Metrics.Timer(label: "t", factory: registry).record(duration: .seconds(1))
                    }
                }
            }
        }
        #expect(text(registry).contains("a_total{n=\"4\"} 1600\n") && text(registry).contains("t_count 8000\n"))
    }

    #if os(Linux)
    @Test("A process knows its memory, files and threads")
    func process() throws {
        let figures = try #require(ProcessFigures.now())
        #expect(figures.resident > 1 << 20 && figures.openFiles > 2 && figures.threads > 0)
    }
    #endif
}
