/// Parts of a conversion by themselves, to be measured.
package enum ADFBenchmark {
    /// Repairs, scans, parses and frees a page, without a walk.
    package static func parse(_ html: [UInt8]) {
        html.withUnsafeBufferPointer { ADFConverter().parseOnly($0) }
    }

    /// How deep the parser's tree of a page is, which should be no deeper than the scan before it allows.
    package static func depth(of html: [UInt8]) -> Int {
        html.withUnsafeBufferPointer { ADFConverter().depth(of: $0) }
    }
}
