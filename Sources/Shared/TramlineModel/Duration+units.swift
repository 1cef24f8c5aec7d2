extension Duration {
    /// The duration in whole milliseconds, rounded up: a wait is never cut short by rounding.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let whole = attoseconds / 1_000_000_000_000_000
        let rest = attoseconds % 1_000_000_000_000_000
        return seconds * 1000 + whole + (rest > 0 ? 1 : 0)
    }

    /// The duration in seconds, as a floating-point number.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension Duration {
    /// The duration in minutes with two decimals, as the export's answers give it.
    package var inMinutes: Double { (inSeconds / 60 * 100).rounded() / 100 }
}
