internal import Foundation
package import Logging
internal import Synchronization

/// Holds the order of lines: one writer at a time, so that lines never mix.
private let standardError = Mutex(())

/// Sends all logs of the process to standard error, one line each; standard output is for what commands answer.
///
/// To be called once, by `main`, before the first logger is made.
/// - Parameters:
///   - level: events below it are not logged: `LOG_LEVEL`.
///   - format: `LOG_FORMAT`.
package func bootstrapLogging(level: Logger.Level, format: LogFormat) {
    LoggingSystem.bootstrap(
        { label, provider in
            LineLogHandler(label: label, level: level, format: format, metadataProvider: provider) { line in
                standardError.withLock { _ in writeToStandardError(line) }
            }
        },
        metadataProvider: nil
    )
}

/// One `write(2)` a line, repeated only when the system took less. A closed standard error loses lines and nothing else.
private func writeToStandardError(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while let start = rest.baseAddress, !rest.isEmpty {
            let written = write(STDERR_FILENO, start, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                return
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }
}
