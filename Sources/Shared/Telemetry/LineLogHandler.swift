package import Logging

/// Writes each log event as one line, in one piece.
///
/// Line breaks and other control characters in messages and values are escaped: whatever a remote side sent, it cannot
/// forge a line of its own nor steer a terminal.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: the logger's label; JSON lines carry it.
    ///   - write: takes one line with its line break; called from any thread.
    package init(
        label: String,
        level: Logger.Level,
        format: LogFormat,
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.metadataProvider = metadataProvider
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var facts = metadata
        if let provided = metadataProvider?.get() { facts.merge(provided) { _, new in new } }
        if let own = event.metadata { facts.merge(own) { _, new in new } }
        if let error = event.error { facts[LogKey.error] = "\(error)" }
        let line = LogLine(
            time: LogTime.now(),
            level: event.level,
            message: "\(event.message)",
            label: label,
            facts: facts.sorted { $0.key < $1.key }
        )
        write(format == .json ? line.json : line.text)
    }
}
