/// PostgreSQL's `numeric`: base-10000 digits, a weight (the first digit's power of 10000), a sign, a display scale.
///
/// It comes from `sum(bigint)`, `avg` and `extract`, so numbers must be readable from it.
/// See `numeric_send` in PostgreSQL's `src/backend/utils/adt/numeric.c`.
struct PostgresNumeric {
    private enum Sign: UInt16 {
        case positive = 0x0000
        case negative = 0x4000
        case notANumber = 0xC000
        case infinity = 0xD000
        case negativeInfinity = 0xF000
    }

    private let digits: [UInt16]
    private let weight: Int
    private let sign: Sign
    private let scale: Int

    init(_ bytes: RawSpan) throws(PostgresError) {
        var reader = PostgresReader()
        let count = Int(try reader.integer(UInt16.self, in: bytes))
        self.weight = Int(try reader.integer(Int16.self, in: bytes))
        guard let sign = Sign(rawValue: try reader.integer(UInt16.self, in: bytes)) else {
            throw PostgresError(.decoding, "a numeric of unknown sign")
        }
        self.sign = sign
        self.scale = Int(try reader.integer(UInt16.self, in: bytes))
        var digits: [UInt16] = []
        digits.reserveCapacity(count)
        for _ in 0..<count { digits.append(try reader.integer(UInt16.self, in: bytes)) }
        self.digits = digits
    }

    /// The number as PostgreSQL prints it.
    var text: String {
        switch sign {
        case .notANumber: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text = sign == .negative ? "-" : ""
        if weight < 0 {
            text += "0"
        } else {
            for place in 0...weight { text += group(place, padded: place > 0) }
        }
        guard scale > 0 else { return text }
        var fraction = ""
        var place = weight + 1
        // Groups between the point and the first digit are zeros.
        for _ in 0..<max(0, -weight - 1) { fraction += "0000" }
        if weight < 0 { place = 0 }
        while fraction.utf8.count < scale {
            fraction += group(place, padded: true)
            place += 1
        }
        return text + "." + fraction.prefix(scale)
    }

    /// The integer, where it is one and fits.
    var integer: Int? {
        guard sign == .positive || sign == .negative else { return nil }
        guard digits.count <= weight + 1 || digits.dropFirst(max(0, weight + 1)).allSatisfy({ $0 == 0 }) else {
            return nil
        }
        var value = 0
        guard weight >= 0 else { return 0 }
        for place in 0...weight {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10000)
            let digit = place < digits.count ? Int(digits[place]) : 0
            let (sum, carry) = product.subtractingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        // It was built below zero, where there is room for Int.min.
        if sign == .negative { return value }
        return value == .min ? nil : -value
    }

    private func group(_ place: Int, padded: Bool) -> String {
        let digits = String(place >= 0 && place < digits.count ? digits[place] : 0)
        return padded ? String(repeating: "0", count: 4 - digits.utf8.count) + digits : digits
    }
}
