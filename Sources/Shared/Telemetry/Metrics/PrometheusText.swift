/// What a metric is.
package enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// The labels of a series, in the order of their names.
package struct MetricLabels: Sendable, Hashable, Comparable {
    let pairs: [Pair]

    struct Pair: Sendable, Hashable, Comparable {
        let name: String
        let value: String

        static func < (left: Pair, right: Pair) -> Bool {
            (left.name, left.value) < (right.name, right.value)
        }
    }

    package init(_ pairs: [(String, String)] = []) {
        self.pairs = pairs.map { Pair(name: PrometheusText.name($0.0), value: $0.1) }.sorted()
    }

    package static func < (left: MetricLabels, right: MetricLabels) -> Bool {
        left.pairs.lexicographicallyPrecedes(right.pairs)
    }
}

/// Writes metrics in Prometheus's text format, version 0.0.4. Pure.
///
///     var text = PrometheusText()
///     text.begin("tramline_queue_jobs", .gauge, "Live jobs.")
///     text.sample(MetricLabels([("place", "ready")]), 3)
///
/// - SeeAlso: https://prometheus.io/docs/instrumenting/exposition_formats/
package struct PrometheusText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var text = ""
    private var name = ""

    package init() {}

    /// Begins a metric; its samples follow. Each name once.
    package mutating func begin(_ name: String, _ kind: MetricKind, _ help: String? = nil) {
        self.name = Self.name(name)
        if let help { text += "# HELP \(self.name) \(Self.escaped(help, quote: false))\n" }
        text += "# TYPE \(self.name) \(kind.rawValue)\n"
    }

    /// Begins one of our own, with what people read beside it.
    package mutating func begin(known name: String, _ kind: MetricKind) { begin(name, kind, MetricName.help[name]) }

    package mutating func sample(_ labels: MetricLabels, _ value: Double) { line("", labels.pairs, value) }

    package mutating func sample(_ value: Double) { sample(MetricLabels(), value) }

    package mutating func distribution(_ labels: MetricLabels, _ distribution: Distribution) {
        for (bound, count) in distribution.cumulative {
            line("_bucket", labels.pairs + [.init(name: "le", value: Self.number(bound))], Double(count))
        }
        line("_bucket", labels.pairs + [.init(name: "le", value: "+Inf")], Double(distribution.count))
        line("_sum", labels.pairs, distribution.sum)
        line("_count", labels.pairs, Double(distribution.count))
    }

    private mutating func line(_ suffix: String, _ labels: [MetricLabels.Pair], _ value: Double) {
        text += name + suffix
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quote: true))\"" }
            text += "{" + pairs.joined(separator: ",") + "}"
        }
        text += " " + Self.number(value) + "\n"
    }

    /// Whole numbers without a point, which every reader takes.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    /// A name as the format allows it: letters, digits, `_` and `:`, no digit first.
    package static func name(_ text: String) -> String {
        var name = String(
            text.unicodeScalars.map { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                    || scalar == "_" || scalar == ":" ? Character(scalar) : "_"
            }
        )
        if name.first?.isNumber ?? true { name = "_" + name }
        return name
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
