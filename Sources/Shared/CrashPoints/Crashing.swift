#if DEBUG
internal import Foundation
internal import Synchronization

/// The plan of this process, if it has one.
private let plan = Mutex<CrashPlan?>(nil)

/// Marks a boundary, by the name of a ``CrashPoint``: ends the process here if it was told to.
///
/// A name rather than the enum's case, so that a release build holds nothing of it, not even the enum.
package func crashPoint(_ name: StaticString) {
    guard let point = CrashPoint(rawValue: "\(name)") else { preconditionFailure("\(name) is no crash point") }
    guard plan.withLock({ $0?.passes(point) ?? false }) else { return }
    let text = "The process ends at the crash point \(point.rawValue)\n"
    // By the system's own call: nothing that buffers may have the last word.
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    kill(getpid(), SIGKILL)
    // The signal ends this thread before it comes here, or a moment later: nothing may happen in between.
    while true { pause() }
}

/// Reads `TRAMLINE_CRASH_AT`. Call it once, before anything else begins.
///
/// - Throws: An error that lists the crash points, when the variable names none of them.
package func armCrashPoints() throws {
    guard let text = ProcessInfo.processInfo.environment["TRAMLINE_CRASH_AT"], !text.isEmpty else { return }
    let planned = try CrashPlan(text)
    plan.withLock { $0 = planned }
}
#else
// A release build has no crash points: these leave no instruction and no symbol.

@_alwaysEmitIntoClient
@inline(__always)
package func crashPoint(_ name: StaticString) {}

@_alwaysEmitIntoClient
@inline(__always)
package func armCrashPoints() throws {}
#endif
