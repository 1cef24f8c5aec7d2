import CGumbo

extension ADFConverter {
    /// Converts bytes that need not be UTF-8.
    package func convert(utf8 html: UnsafeBufferPointer<UInt8>) -> ADFConversion {
        guard html.count <= Self.inputLimit else {
            return ADFConversion(
                document: nil,
                report: ADFReport(
                    status: .failed,
                    errorMessage: "HTML is \(html.count / 1024) KB",
                    suggestedFix: "Remove pasted images or styles; attach files instead",
                    adfSizeBytes: nil,
                    characterReduction: nil,
                    visibleCharacters: nil,
                    wasCut: false,
                    warnings: []
                ),
                overflow: nil
            )
        }
        var options = kGumboDefaultOptions
        options.max_errors = 0
        let output = html.withMemoryRebound(to: CChar.self) {
            gumbo_parse_with_options(&options, $0.baseAddress ?? UnsafePointer(bitPattern: 1), $0.count)
        }
        defer { gumbo_destroy_output(&options, output) }
        var text = ""
        var stack: [UnsafePointer<GumboNode>] = [UnsafePointer(output!.pointee.root)]
        while let node = stack.popLast() {
            switch node.pointee.type {
            case GUMBO_NODE_TEXT, GUMBO_NODE_WHITESPACE, GUMBO_NODE_CDATA:
                text += String(cString: node.pointee.v.text.text)
            case GUMBO_NODE_ELEMENT:
                let element = node.pointee.v.element
                switch element.tag {
                case GUMBO_TAG_HEAD, GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE: continue
                case GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_LI, GUMBO_TAG_BR, GUMBO_TAG_TD, GUMBO_TAG_H1, GUMBO_TAG_H2:
                    text += "\n"
                default: break
                }
                for at in (0..<Int(element.children.length)).reversed() {
                    let child = element.children.data[at]!.assumingMemoryBound(to: GumboNode.self)
                    stack.append(UnsafePointer(child))
                }
            default: break
            }
        }
        let document = ADFDocument.plainText(text)
        let visible = text.utf16.count
        let characters = String(decoding: html, as: UTF8.self).utf16.count
        let reduction = characters == 0 ? 0 : (1000 * (1 - Double(visible) / Double(characters))).rounded() / 10
        return ADFConversion(
            document: document,
            report: ADFReport(
                status: .passed,
                errorMessage: nil,
                suggestedFix: nil,
                adfSizeBytes: document.count,
                characterReduction: reduction,
                visibleCharacters: visible,
                wasCut: false,
                warnings: []
            ),
            overflow: nil
        )
    }
}
