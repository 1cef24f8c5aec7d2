#if DEBUG
internal import Foundation
internal import Synchronization

/// The plans of this process, if it has any.
private let plans = Mutex<[CrashPlan]>([])

/// Marks a boundary, by the name of a ``CrashPoint``: ends or stops the process here if it was told to.
///
/// A name rather than the enum's case, so that a release build holds nothing of it, not even the enum.
package func crashPoint(_ name: StaticString) {
    guard let point = CrashPoint(rawValue: "\(name)") else { preconditionFailure("\(name) is no crash point") }
    let effects = plans.withLock { plans in
        plans.indices.filter { plans[$0].passes(point) }.map { plans[$0].effect }
    }
    for effect in effects {
        switch effect {
        case .stop:
            say("The process stops at the crash point \(point.rawValue)\n")
            // All its threads, until somebody sends SIGCONT.
            kill(getpid(), SIGSTOP)
        case .crash:
            say("The process ends at the crash point \(point.rawValue)\n")
            kill(getpid(), SIGKILL)
            // The signal ends this thread before it comes here, or a moment later: nothing may happen in between.
            while true { pause() }
        }
    }
}

/// Writes by the system's own call: nothing that buffers may have the last word.
private func say(_ text: String) {
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// Reads `TRAMLINE_CRASH_AT` and `TRAMLINE_STOP_AT`. Call it once, before anything else begins.
///
/// - Throws: An error that lists the crash points, when a variable names none of them.
package func armCrashPoints() throws {
    let environment = ProcessInfo.processInfo.environment
    var planned: [CrashPlan] = []
    for effect in CrashPlan.Effect.allCases {
        guard let text = environment[effect.variable], !text.isEmpty else { continue }
        planned.append(try CrashPlan(text, effect))
    }
    plans.withLock { [planned] in $0 = planned }
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
