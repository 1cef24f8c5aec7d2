import Foundation

/// Jira's ways of writing an instant. Instants are milliseconds since 1970.
enum JiraTime {
    /// The date and time of day of an instant in a zone, and the zone's offset then.
    struct Parts: Sendable, Hashable {
        var year: Int
        var month: Int
        var day: Int
        var hour: Int
        var minute: Int
        var second: Int
        var millisecond: Int
        /// Seconds east of Greenwich.
        var offset: Int
        /// 0 for Sunday.
        var weekday: Int
    }

    /// Takes an instant apart in a zone; an unknown or absent zone is UTC.
    static func parts(_ instant: Int, zone: String?) -> Parts {
        let offset = offset(at: instant, zone: zone)
        let local = instant + offset * 1000
        let days = local.flooredDivision(by: 86_400_000)
        let rest = local - days * 86_400_000
        let (year, month, day) = civil(days)
        return Parts(
            year: year,
            month: month,
            day: day,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            millisecond: rest % 1000,
            offset: offset,
            weekday: ((days + 4) % 7 + 7) % 7
        )
    }

    /// The instant of a local date and time; of two such instants, when clocks go back, the first.
    static func instant(year: Int, month: Int, day: Int, hour: Int, minute: Int, zone: String?) -> Int {
        let local = (daysFromCivil(year, month, day) * 1440 + hour * 60 + minute) * 60_000
        let before = offset(at: local - 86_400_000, zone: zone)
        let first = local - before * 1000
        if offset(at: first, zone: zone) == before { return first }
        return local - offset(at: first, zone: zone) * 1000
    }

    /// Seconds east of Greenwich at an instant.
    static func offset(at instant: Int, zone: String?) -> Int {
        guard let zone, zone != "UTC", let known = TimeZone(identifier: zone) else { return 0 }
        return known.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant) / 1000))
    }

    /// `2026-01-26T01:39:15.510+0200`.
    static func platform(_ instant: Int, zone: String?) -> String {
        let parts = parts(instant, zone: zone)
        let minutes = abs(parts.offset) / 60
        let sign = parts.offset < 0 ? "-" : "+"
        return "\(date(parts))T\(clock(parts)).\(padded(parts.millisecond, 3))"
            + "\(sign)\(padded(minutes / 60, 2))\(padded(minutes % 60, 2))"
    }

    /// `2026-01-26T01:39:15.510Z`.
    static func zulu(_ instant: Int) -> String {
        let parts = parts(instant, zone: nil)
        return "\(date(parts))T\(clock(parts)).\(padded(parts.millisecond, 3))Z"
    }

    /// `Sat, 21 Nov 2026 03:00:31 GMT`, as in the header field `Date`.
    static func header(_ instant: Int) -> String {
        let parts = parts(instant, zone: nil)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return
            "\(days[parts.weekday]), \(padded(parts.day, 2)) \(months[parts.month - 1]) \(parts.year) \(clock(parts)) GMT"
    }

    private static func date(_ parts: Parts) -> String {
        "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
    }

    private static func clock(_ parts: Parts) -> String {
        "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    // Days since 1970-01-01 in the Gregorian calendar, by Howard Hinnant's arithmetic
    // (https://howardhinnant.github.io/date_algorithms.html).
    static func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooredDivision(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int {
    /// The quotient rounded down, also for negative numbers.
    func flooredDivision(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
