/// Whether what a fleet uses stays the same while it works. Pure.
///
/// The least of the last quarter is compared with the least of the second: what is used for a moment does not count, the
/// first quarter is for warming up, and what leaks shows in the least of all looks.
struct SoakVerdict: Sendable {
    let samples: [SoakSample]

    private struct Figure {
        let name: String
        let value: @Sendable (SoakSample) -> Int
        /// What it may grow by from whatever it is, for what the allocator and the machine do by themselves.
        let allowance: @Sendable (Int) -> Int
    }

    private static let figures = [
        Figure(name: "memory", value: \.memory) { max(12 << 20, $0 / 10) },
        Figure(name: "files", value: \.files) { _ in 2 },
        Figure(name: "threads", value: \.threads) { _ in 2 },
        Figure(name: "keys", value: \.keys) { _ in 2 },
        Figure(name: "entries", value: \.entries) { _ in 8 },
        Figure(name: "PostgreSQL connections", value: \.postgresConnections) { _ in 1 },
        Figure(name: "Redis connections", value: \.redisConnections) { _ in 1 },
    ]

    /// The least in a quarter, counted from 0.
    private func least(_ figure: Figure, quarter: Int) -> Int {
        let count = samples.count
        return samples[(count * quarter / 4)..<(count * (quarter + 1) / 4)].map(figure.value).min() ?? 0
    }

    /// What has grown, each with its figures; at least eight samples are asked for.
    var growth: [String] {
        guard samples.count >= 8 else { return ["too few looks (\(samples.count)): that shows nothing"] }
        return Self.figures.compactMap { figure in
            let (early, late) = (least(figure, quarter: 1), least(figure, quarter: 3))
            return late > early + figure.allowance(early) ? "\(figure.name) grew from \(early) to \(late)" : nil
        }
    }

    /// All figures, as they were and as they are.
    var text: String {
        guard samples.count >= 8 else { return "too few looks" }
        return Self.figures.map { "\($0.name) \(least($0, quarter: 1)) → \(least($0, quarter: 3))" }
            .joined(separator: ", ")
    }
}
