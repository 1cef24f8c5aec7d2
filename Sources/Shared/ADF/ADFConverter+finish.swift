extension ADFConverter {
    /// Writes a sketch as a document, cuts it where it is too long, and validates it.
    ///
    /// - Parameter characters: Of the page, UTF-16 units.
    func finish(_ sketch: consuming Sketch, _ found: Findings, characters: Int) -> ADFConversion {
        sketch.findTaskLists()
        var note = ""
        if case .cut(let text) = options.length { note = String(text.prefix(Self.noteLimit)) }
        let room = limits.less(.note(note))
        var placed = place(sketch, found, room)
        let visible = placed.json.visible
        let reduction =
            characters == 0 ? 0 : (1000 * (1 - Double(visible) / Double(characters))).rounded() / 10
        var overflow: String?
        if placed.json.isFull {
            guard case .cut = options.length else {
                let (message, fix) = Self.refusal(of: sketch, placed.json)
                return .failed(message, fix, reduction, visible, placed.findings.warnings)
            }
            overflow = sketch.plainText()
            placed = cut(sketch, found, room, at: placed.json.end, note)
            placed.findings.note(.cut)
        } else if visible >= Self.lengthWarning {
            placed.findings.note(.nearLimit, "\(Self.grouped(visible)) characters")
        }
        let document = placed.json.bytes
        if let fault = ADFValidator.faults(in: document, limit: 1).first {
            return .failed(fault.description, fault.suggestion, reduction, visible, placed.findings.warnings)
        }
        return ADFConversion(
            document: document,
            report: ADFReport(
                status: .passed,
                errorMessage: nil,
                suggestedFix: nil,
                adfSizeBytes: document.count,
                characterReduction: reduction,
                visibleCharacters: visible,
                wasCut: overflow != nil,
                warnings: placed.findings.warnings
            ),
            overflow: overflow
        )
    }

    private var limits: Draft.Limits { Draft.Limits(characters: options.characters, bytes: Self.sizeLimit) }

    private func place(
        _ sketch: Sketch,
        _ found: Findings,
        _ room: Draft.Limits,
        _ note: String = ""
    ) -> (json: Draft, findings: Findings) {
        var placement = Placement(
            sketch,
            profile: options.profile,
            findings: found,
            limits: limits,
            room: room
        )
        placement.run(note: note)
        return (placement.json, placement.findings)
    }

    /// Cuts at the place where the room ended.
    ///
    /// What is left may take another form than it had as a part of the whole (a list whose last item was no task becomes one
    /// of tasks), and in a rare case a larger one. Then half the room must do.
    private func cut(
        _ sketch: consuming Sketch,
        _ found: Findings,
        _ room: Draft.Limits,
        at end: Draft.End?,
        _ note: String
    ) -> (json: Draft, findings: Findings) {
        var room = room
        var end = end
        while true {
            sketch.cut(at: end?.node ?? 0, keeping: end?.characters ?? 0)
            sketch.findTaskLists()
            let placed = place(sketch, found, room, note)
            guard placed.json.isFull else { return placed }
            room = Draft.Limits(characters: room.characters / 2, bytes: room.bytes / 2)
            end = placed.json.end
        }
    }

    // MARK: Refusals

    private static func refusal(of sketch: Sketch, _ json: Draft) -> (message: String, fix: String) {
        guard json.visible <= lengthLimit else {
            let shorten = "Shorten by \(grouped(json.visible - lengthLimit)) characters"
            let section = sketch.longestSection()
            return (
                "Description has \(grouped(json.visible)) characters; Jira allows \(grouped(lengthLimit))",
                section.map { "\(shorten), or move the section “\($0)” into an attachment" } ?? shorten
            )
        }
        let words = json.end.map { sketch.words(of: $0.node) } ?? ""
        return (
            "Description takes more than \(grouped(sizeLimit >> 10)) KB in Jira's format",
            "Simplify the formatting or shorten the links" + (words.isEmpty ? "" : " near “\(words)”")
        )
    }

    /// A number with commas between thousands.
    private static func grouped(_ number: Int) -> String {
        number < 1000 ? String(number) : "\(grouped(number / 1000)),\(String(number % 1000 + 1000).dropFirst())"
    }
}

extension Draft.Limits {
    /// What a last paragraph takes, with all that must be closed before it.
    fileprivate static func note(_ note: String) -> Draft.Limits {
        Draft.Limits(characters: note.utf16.count, bytes: 6 * note.utf8.count + 1024)
    }
}

extension ADFConversion {
    static func failed(
        _ message: String,
        _ fix: String,
        _ reduction: Double? = nil,
        _ visible: Int? = nil,
        _ warnings: [ADFWarning] = []
    ) -> ADFConversion {
        ADFConversion(
            document: nil,
            report: ADFReport(
                status: .failed,
                errorMessage: message,
                suggestedFix: fix,
                adfSizeBytes: nil,
                characterReduction: reduction,
                visibleCharacters: visible,
                wasCut: false,
                warnings: warnings
            ),
            overflow: nil
        )
    }
}
