/// The instants that JQL can name.
enum JQLTime {
    /// Reads an operand as an instant, in milliseconds since 1970.
    ///
    /// - A whole number without quotes is milliseconds since 1970, free of any zone.
    /// - `yyyy-MM-dd HH:mm` (or `/`, or without the time) is minutes of the caller's profile zone.
    /// - `-15m`, `4w 2d` are relative to now. `now()` is now.
    static func instant(_ operand: JQLQuery.Operand, zone: String?, now: Int) -> Int? {
        switch operand {
        case .function(let name, let arguments):
            return name.caseInsensitiveEquals("now") && arguments.isEmpty ? now : nil
        case .value(let text, let quoted):
            if !quoted, text.count > 4, let milliseconds = Int(text) { return milliseconds }
            return date(text, zone: zone) ?? relative(text, now: now)
        case .list, .empty: return nil
        }
    }

    private static func date(_ text: String, zone: String?) -> Int? {
        guard
            let match = text.wholeMatch(
                of: /(\d{4})[-\/](\d{1,2})[-\/](\d{1,2})(?: (\d{1,2}):(\d{2}))?/
            ),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let hour = match.4.flatMap { Int($0) } ?? 0
        let minute = match.5.flatMap { Int($0) } ?? 0
        guard hour < 24, minute < 60 else { return nil }
        return JiraTime.instant(year: year, month: month, day: day, hour: hour, minute: minute, zone: zone)
    }

    private static func relative(_ text: String, now: Int) -> Int? {
        let isPast = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: " ")
        guard !parts.isEmpty else { return nil }
        var total = 0
        for part in parts {
            let units: [Character: Int] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
            guard let last = part.last, let unit = units[last], let count = Int(part.dropLast()) else { return nil }
            total += count * unit
        }
        return isPast ? now - total : now + total
    }
}
