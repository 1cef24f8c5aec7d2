/// Reports as JSON, for the command line.
extension ADFReport {
    /// Appends the report as one compact JSON object: `status`, `error_message`, `suggested_fix`, `adf_size_bytes`,
    /// `character_reduction`, `visible_characters`, `was_cut`, `warnings`. What is nil is null.
    package func write(to json: inout [UInt8]) {
        json.put(#"{"status":"#)
        json.putString(status.rawValue)
        json.put(#","error_message":"#)
        Self.put(errorMessage, to: &json)
        json.put(#","suggested_fix":"#)
        Self.put(suggestedFix, to: &json)
        json.put(#","adf_size_bytes":"#)
        Self.put(adfSizeBytes, to: &json)
        json.put(#","character_reduction":"#)
        if let characterReduction {
            json.append(contentsOf: "\(characterReduction)".utf8)
        } else {
            json.put("null")
        }
        json.put(#","visible_characters":"#)
        Self.put(visibleCharacters, to: &json)
        json.put(#","was_cut":"#)
        json.put(wasCut ? "true" : "false")
        json.put(#","warnings":["#)
        for (index, warning) in warnings.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            warning.write(to: &json)
        }
        json.put("]}")
    }

    private static func put(_ text: String?, to json: inout [UInt8]) {
        if let text { json.putString(text) } else { json.put("null") }
    }

    private static func put(_ number: Int?, to json: inout [UInt8]) {
        if let number { json.put(number) } else { json.put("null") }
    }
}

extension ADFWarning {
    fileprivate func write(to json: inout [UInt8]) {
        json.put(#"{"kind":"#)
        json.putString(kind.rawValue)
        json.put(#","message":"#)
        json.putString(message)
        json.put(#","count":"#)
        json.put(count)
        json.put(#","examples":["#)
        for (index, example) in examples.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json.putString(example)
        }
        json.put("]}")
    }
}

extension ADFConversion {
    /// Appends `{"id", "adf", "report"}` as one line; `adf` is null when the conversion failed.
    package func writeLine(id: String, to json: inout [UInt8]) {
        json.put(#"{"id":"#)
        json.putString(id)
        json.put(#","adf":"#)
        if let document { json.append(contentsOf: document) } else { json.put("null") }
        json.put(#","report":"#)
        report.write(to: &json)
        json.put("}\n")
    }
}
