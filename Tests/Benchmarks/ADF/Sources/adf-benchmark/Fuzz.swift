import ADF
import Foundation

/// Mutates pages for a while and converts each in every way. A trap ends the process; a failed conversion is printed.
///
/// Arguments: seconds, seed, a file of `{"html"}` lines to begin with.
func fuzz(arguments: [String]) throws {
    let seconds = arguments.first.flatMap { Double($0) } ?? 60
    var random = Mixer(state: arguments.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 1...(.max)))
    print("seed \(random.state)")
    var pool: [[UInt8]] = []
    if let path = arguments.dropFirst(2).first {
        pool = try pagesOfCorpus(path).filter { $0.count < 20_000 }
    }
    if pool.isEmpty { pool = [Array("<p>a<b>b</b>".utf8)] }
    let pieces = pool.flatMap { page in
        page.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: true).map { [UInt8(ascii: "<")] + $0 }
    }
    let last = URL(fileURLWithPath: FileManager.default.temporaryDirectory.path).appendingPathComponent("adf-fuzz-last")
    let full = ADFConverter(options: .init(length: .cut(note: "…"), knownAccounts: ["u1"]))
    let plain = ADFConverter(options: .init(profile: .plain, length: .cut(note: "…")))
    let end = Date().addingTimeInterval(seconds)
    var count = 0
    var slowest = 0.0
    while Date() < end {
        let page = Array(random.mutate(pool.randomElement(using: &random)!, pieces).prefix(ADFConverter.inputLimit))
        if count % 64 == 0 || page.count > 100_000 { try Data(page).write(to: last) }
        let before = Double(clock()) / Double(CLOCKS_PER_SEC)
        let one = full.convert(page)
        let took = Double(clock()) / Double(CLOCKS_PER_SEC) - before
        if took > slowest {
            slowest = took
            print("slowest \((took * 1000).rounded()) ms, \(page.count) bytes")
        }
        for conversion in [one, plain.convert(page)] where conversion.document == nil {
            print("FAULT", conversion.report.errorMessage ?? "", String(decoding: page.prefix(2000), as: UTF8.self))
        }
        if full.convert(page).document != one.document {
            print("UNSTABLE", String(decoding: page.prefix(2000), as: UTF8.self))
        }
        count += 1
        if page.count < 20_000, random.next() % 8 == 0 { pool[Int(random.next() % UInt64(pool.count))] = page }
    }
    print("\(count) pages, slowest \((slowest * 1000).rounded()) ms, peak \(peakMemory() >> 20) MiB")
}

/// Random numbers that are the same for the same seed.
struct Mixer: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func mutate(_ page: [UInt8], _ pieces: [[UInt8]]) -> [UInt8] {
        var page = page
        for _ in 0..<(1 + next() % 8) {
            let at = Int(next() % UInt64(page.count + 1))
            let length = min(page.count - at, Int(next() % 64))
            switch next() % 8 {
            case 0: page.removeSubrange(at..<(at + length))
            case 1: if at < page.count { page[at] = UInt8(truncatingIfNeeded: next()) }
            case 2: page.insert(contentsOf: page[at..<(at + length)], at: at)
            case 3: page.insert(contentsOf: [0x3C, 0x2F, 0x3E, 0x22, 0x26, 0x00, 0xED].shuffled(using: &self), at: at)
            case 4:
                let piece = pieces.randomElement(using: &self)!
                for _ in 0..<(next() % 100 == 0 ? next() % 4000 : 1) where page.count < 1 << 20 {
                    page.insert(contentsOf: piece, at: min(at, page.count))
                }
            default: page.insert(contentsOf: pieces.randomElement(using: &self)!, at: at)
            }
        }
        return page
    }
}
