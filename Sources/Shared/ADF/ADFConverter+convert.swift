import CGumbo

extension ADFConverter {
    /// Converts bytes that need not be UTF-8.
    package func convert(utf8 html: UnsafeBufferPointer<UInt8>) -> ADFConversion {
        guard html.count <= Self.inputLimit else {
            return .failed(
                "HTML is \((html.count + 1023) / 1024) KB",
                fix: "Remove pasted images or styles; attach files instead"
            )
        }
        var findings = Findings()
        let look = Repair.look(at: html)
        if look.faults > 0 { findings.note(.repairedText, times: look.faults) }
        let walk =
            if let repaired = look.repaired {
                repaired.withUnsafeBufferPointer { read($0, findings) }
            } else {
                read(html, findings)
            }
        return finish(walk.sketch, walk.findings, characters: look.characters)
    }

    /// Parses and walks. A page that is too much for the parser's memory is read again with fewer of its tags.
    private func read(_ html: Bytes, _ found: Findings) -> Walk {
        for limits in [PreScan.Limits.usual, .strict, .textOnly] {
            let scan = PreScan(html, limits)
            var findings = found
            if scan.ignoredTags > 0 { findings.note(.cappedNesting, times: scan.ignoredTags) }
            var walk = Walk(accounts: options.knownAccounts, findings: findings, expecting: html.count)
            let isRead =
                if let result = scan.result {
                    result.withUnsafeBufferPointer { parse($0, &walk) }
                } else {
                    parse(html, &walk)
                }
            if isRead { return walk }
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

    private static let nothing: StaticString = ""
    /// What the tree of one page may take, bytes.
    private static let parserMemory = 28 << 20

    private func finish(_ walked: Sketch, _ found: Findings, characters: Int) -> ADFConversion {
        var sketch = walked
        sketch.findTaskLists()
        var placement = Placement(sketch, profile: options.profile, findings: found)
        placement.run()
        let visible = placement.visible
        let reduction =
            characters == 0 ? 0 : (1000 * (1 - Double(visible) / Double(characters))).rounded() / 10
        var overflow: String?
        if visible > Self.lengthLimit {
            guard case .cut(let note) = options.length else {
                return .failed(
                    "Description has \(Self.grouped(visible)) characters; Jira allows \(Self.grouped(Self.lengthLimit))",
                    fix: Self.fix(excess: visible - Self.lengthLimit, section: sketch.longestSection()),
                    size: nil,
                    reduction: reduction,
                    visible: visible,
                    warnings: placement.findings.warnings
                )
            }
            overflow = sketch.plainText()
            placement = cut(sketch, found, note, excess: visible - Self.lengthLimit)
            placement.findings.note(.cut)
        } else if visible >= Self.lengthWarning {
            placement.findings.note(.nearLimit, "\(Self.grouped(visible)) characters")
        }
        if let fault = ADFValidator.faults(in: placement.json, limit: 1).first {
            return .failed(
                fault.description,
                fix: fault.suggestion,
                size: nil,
                reduction: reduction,
                visible: visible,
                warnings: placement.findings.warnings
            )
        }
        return ADFConversion(
            document: placement.json,
            report: ADFReport(
                status: .passed,
                errorMessage: nil,
                suggestedFix: nil,
                adfSizeBytes: placement.json.count,
                characterReduction: reduction,
                visibleCharacters: visible,
                wasCut: overflow != nil,
                warnings: placement.findings.warnings
            ),
            overflow: overflow
        )
    }

    /// Cuts until the document fits: separators that placement adds are not known before.
    private func cut(_ whole: Sketch, _ found: Findings, _ note: String, excess: Int) -> Placement {
        var budget = max(0, Self.lengthLimit - note.utf16.count)
        while true {
            var sketch = whole
            sketch.cut(to: budget, note: note)
            sketch.findTaskLists()
            var placement = Placement(sketch, profile: options.profile, findings: found)
            placement.run()
            if placement.visible <= Self.lengthLimit || budget == 0 { return placement }
            budget = max(0, budget - max(256, placement.visible - Self.lengthLimit))
        }
    }

    private static func fix(excess: Int, section: String?) -> String {
        let shorten = "Shorten by \(grouped(excess)) characters"
        return section.map { "\(shorten), or move the section “\($0)” into an attachment" } ?? shorten
    }

    /// A number with commas between thousands.
    private static func grouped(_ number: Int) -> String {
        number < 1000 ? String(number) : "\(grouped(number / 1000)),\(String(number % 1000 + 1000).dropFirst())"
    }
}

extension ADFConversion {
    fileprivate static func failed(
        _ message: String,
        fix: String,
        size: Int? = nil,
        reduction: Double? = nil,
        visible: Int? = nil,
        warnings: [ADFWarning] = []
    ) -> ADFConversion {
        ADFConversion(
            document: nil,
            report: ADFReport(
                status: .failed,
                errorMessage: message,
                suggestedFix: fix,
                adfSizeBytes: size,
                characterReduction: reduction,
                visibleCharacters: visible,
                wasCut: false,
                warnings: warnings
            ),
            overflow: nil
        )
    }
}
