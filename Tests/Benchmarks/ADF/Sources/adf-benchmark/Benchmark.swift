import ADF
import Foundation

/// Converts a corpus again and again and prints how fast, and how much memory it took.
///
/// The corpus is a file of `{"html"}` lines: the first argument, else the one beside the project.
func benchmark(corpus path: String?) throws {
    let shared = ProcessInfo.processInfo.environment["TRAMLINE_SHARED"] ?? "../../../../shared"
    let pages = try pagesOfCorpus(path ?? "\(shared)/fixtures/html/corpus.jsonl")
    let bytes = pages.reduce(0) { $0 + $1.count }
    let rounds = max(1, 50_000_000 / bytes)
    let megabytes = Double(bytes * rounds) / 1_000_000
    let converter = ADFConverter()
    var failed = 0
    for page in pages where converter.convert(page).document == nil { failed += 1 }
    let warm = peakMemory()
    let whole = measure(rounds) { for page in pages { _ = converter.convert(page) } }
    let parse = measure(rounds) { for page in pages { ADFBenchmark.parse(page) } }
    let grown = peakMemory() - warm
    print("pages \(pages.count), failed \(failed), \(megabytes) MB in \(rounds) rounds")
    print("whole conversion, validated: \(rate(megabytes, whole)) MB/s")
    print(
        "scan, parse and free: \(rate(megabytes, parse)) MB/s; walk, write and validate: \(rate(megabytes, whole - parse)) MB/s"
    )
    print("peak \(peakMemory() >> 20) MiB, grown by \(grown >> 10) KiB after the first round")
    guard failed == 0, megabytes / whole >= threshold, whole - parse <= parse, grown <= memoryThreshold else {
        print("below the threshold: \(threshold) MB/s, walking no slower than parsing, \(memoryThreshold >> 20) MiB")
        exit(1)
    }
}

/// The pages of a file of `{"html"}` lines.
func pagesOfCorpus(_ path: String) throws -> [[UInt8]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return (object?["html"] as? String).map { Array($0.utf8) }
    }
}

/// What must hold on one core of any machine of today, MB/s. Measured: 17.7 on a shared Xeon.
private let threshold = 12.0
/// By how much memory may grow after every page was converted once, bytes.
private let memoryThreshold = 4 << 20

private func rate(_ megabytes: Double, _ seconds: Double) -> Double { (10 * megabytes / seconds).rounded() / 10 }

/// Seconds of processor time.
private func measure(_ rounds: Int, _ body: () -> Void) -> Double {
    let before = clock()
    for _ in 0..<rounds { body() }
    return Double(clock() - before) / Double(CLOCKS_PER_SEC)
}
