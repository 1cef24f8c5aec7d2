import CGumbo

extension ADFConverter {
    /// Converts bytes that need not be UTF-8.
    package func convert(utf8 html: UnsafeBufferPointer<UInt8>) -> ADFConversion {
        guard html.count <= Self.inputLimit else {
            return .failed(
                "HTML is \((html.count + 1023) / 1024) KB",
                "Remove pasted images or styles; attach files instead"
            )
        }
        var findings = Findings()
        let look = Repair.look(at: html)
        if look.faults > 0 { findings.note(.repairedText, times: look.faults) }
        let (sketch, found) =
            if let repaired = look.repaired {
                repaired.withUnsafeBufferPointer { read($0, findings) }
            } else {
                read(html, findings)
            }
        return finish(sketch, found, characters: look.characters)
    }

    /// Parses and walks. A page that is too much for the parser's memory is read again with fewer of its tags.
    private func read(_ html: Bytes, _ found: Findings) -> (Sketch, Findings) {
        for limits in [PreScan.Limits.usual, .strict, .textOnly] {
            let scan = PreScan(html, limits)
            var findings = found
            if scan.ignoredTags > 0 { findings.note(.cappedNesting, times: scan.ignoredTags) }
            var walk = Walk(
                accounts: options.knownAccounts,
                findings: findings,
                expecting: html.count,
                tags: scan.keptTags
            )
            let isRead =
                if let result = scan.result {
                    result.withUnsafeBufferPointer { parse($0, &walk) }
                } else {
                    parse(html, &walk)
                }
            if isRead { return (walk.sketch, walk.findings) }
        }
        preconditionFailure("text without tags fits the parser's memory")
    }

    private func parse(_ html: Bytes, _ walk: inout Walk) -> Bool {
        parse(html) { walk.run($0) }
    }

    /// Lends the root of a parsed page; false when the page is too much for the parser's memory.
    private func parse(_ html: Bytes, _ body: (UnsafePointer<GumboNode>) -> Void) -> Bool {
        var arena = tramline_arena()
        defer { tramline_arena_free(&arena) }
        let text = UnsafeRawPointer(html.baseAddress ?? UnsafePointer(Self.nothing.utf8Start))
            .assumingMemoryBound(to: CChar.self)
        guard let root = tramline_parse(&arena, text, html.count, Self.parserMemory) else { return false }
        body(root)
        return true
    }

    /// All that comes before the walk, for measurements.
    func parseOnly(_ html: Bytes) {
        _ = Repair.look(at: html)
        let scan = PreScan(html, .usual)
        if scan.result == nil { _ = parse(html) { _ in } }
    }

    func depth(of html: Bytes) -> Int {
        let scan = PreScan(html, .usual)
        var deepest = 0
        func measure(_ root: UnsafePointer<GumboNode>) {
            var level = [root]
            while !level.isEmpty {
                deepest += 1
                level = level.flatMap { node in
                    (0..<tramline_child_count(node)).map { tramline_child(node, $0)! }.filter(tramline_is_element)
                }
            }
        }
        if let result = scan.result {
            _ = result.withUnsafeBufferPointer { parse($0, measure) }
        } else {
            _ = parse(html, measure)
        }
        return deepest
    }

    private static let nothing: StaticString = ""
    /// What the tree of one page may take, bytes.
    private static let parserMemory = 24 << 20
}
