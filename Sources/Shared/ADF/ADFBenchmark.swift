/// Parts of a conversion by themselves, to be measured.
package enum ADFBenchmark {
    /// Repairs, scans, parses and frees a page, without a walk.
    package static func parse(_ html: [UInt8]) {
        html.withUnsafeBufferPointer { ADFConverter().parseOnly($0) }
    }
}
