import ADF
import Foundation

/// Looks for small pieces of HTML that, repeated until a page is full, take much time, memory or output.
///
/// Arguments: seconds, seed, a file of `{"html"}` lines to take pieces from. Prints each page that takes more of something
/// than all before.
func amplify(arguments: [String]) throws {
    let seconds = arguments.first.flatMap { Double($0) } ?? 60
    var random = Mixer(state: arguments.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 1...(.max)))
    print("seed \(random.state)")
    var pieces = tags.split(separator: " ").flatMap { name in
        [
            "<\(name)>", "</\(name)>", "<\(name)>x", "<\(name)>x</\(name)>",
            "<\(name) \(attributes.randomElement(using: &random)!)>x",
        ]
    }
    if let path = arguments.dropFirst(2).first {
        for page in try pagesOfCorpus(path) {
            let tags = String(decoding: page, as: UTF8.self).split(separator: "<")
            pieces += tags.prefix(400).map { "<\($0.prefix(300))" }
        }
    }
    let converter = ADFConverter(options: .init(length: .cut(note: "…"), knownAccounts: ["u1"]))
    let end = Date().addingTimeInterval(seconds)
    var most = (seconds: 0.0, memory: 0, depth: 0, count: 0)
    while Date() < end {
        let start = (0..<random.below(4)).map { _ in random.repeated(pieces, [1, 1, 9, 60, 300]) }
        let repeated = (0...random.below(4)).map { _ in random.repeated(pieces, [1, 1, 1, 1, 9]) }
        let prefix = start.map(\.html).joined()
        let unit = repeated.map(\.html).joined()
        let room = ADFConverter.inputLimit - prefix.utf8.count - 1
        guard room > unit.utf8.count else { continue }
        let page = Array((prefix + String(repeating: unit, count: room / unit.utf8.count)).utf8)
        resetPeakMemory()
        let before = clock()
        _ = converter.convert(page)
        let took = Double(clock() - before) / Double(CLOCKS_PER_SEC)
        let memory = residentPeak()
        most.count += 1
        let depth = ADFBenchmark.depth(of: page)
        guard took > most.seconds || memory > most.memory || depth > most.depth || took > 0.1 else { continue }
        most.seconds = max(most.seconds, took)
        most.memory = max(most.memory, memory)
        most.depth = max(most.depth, depth)
        print(
            "\((took * 1000).rounded()) ms",
            "\(memory / 1_000_000) MB",
            "depth \(depth)",
            "\(start.map(\.name)) then \(repeated.map(\.name)) again and again",
            separator: "\t"
        )
    }
    let slowest = (most.seconds * 1000).rounded()
    print("\(most.count) pages, slowest \(slowest) ms, peak \(most.memory / 1_000_000) MB, depth \(most.depth)")
}

private let tags = """
    a abbr address applet article aside audio b base big blockquote body br button canvas caption center cite code col colgroup \
    dd del details dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 head \
    header hr html i iframe img input ins isindex kbd label legend li link listing main map mark marquee math menu meta mi \
    mtext annotation-xml nav nobr noframes noscript object ol optgroup option p param plaintext pre q rb rp rt rtc ruby s \
    samp script section select small span strike strong style sub summary sup svg foreignObject desc table tbody td template \
    textarea tfoot th thead title tr tt u ul var video wbr x-y xmp
    """
private let attributes = [
    "href=https://e.example/", "src=https://i.example/i.png", "class='katex-mathml'", "class='admonition note'",
    "class='ql-indent-3' data-list=bullet", "data-list=unchecked", "data-checked=true",
    "style='mso-list:l0 level3 lfo1'",
    "style='mso-list:Ignore'", "style='white-space:pre'", "style='display:block'", "style='color:red;background:blue'",
    "colspan=999", "rowspan=999", "colspan=2 rowspan=2", "start=7", "type=checkbox", "class='aui-lozenge'",
    "data-mention=u1", "class='language-x'", "class='ql-code-block-container'", "class='page-break'", "hidden",
    "style='font-weight:bold;font-style:italic;text-decoration:underline line-through;vertical-align:sub'",
    "align=center", "class='emoji' alt='x'", "open", "data-type=taskList", "role=checkbox", "selected multiple",
]

/// The most memory since ``resetPeakMemory()``, bytes; 0 where the system does not tell.
private func residentPeak() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),  // only Linux has it
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return 0 }
    return (line.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) * 1024
}

private func resetPeakMemory() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))  // without it the peak is the process's: still true, of more pages
}

extension Mixer {
    fileprivate mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    fileprivate mutating func repeated(_ pieces: [String], _ counts: [Int]) -> (html: String, name: String) {
        let piece = pieces.randomElement(using: &self)!
        let count = counts.randomElement(using: &self)!
        return (String(repeating: piece, count: count), "\(count) × \(piece)")
    }
}
