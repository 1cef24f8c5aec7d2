import CLibPQ
import Glibc
import Synchronization

/// A thread that runs what a connection does, and nothing else: its actor's executor.
///
/// libpq's manual, "Behavior in Threaded Programs": no two threads may use one `PGconn` at a time. Here only this thread does, and it may
/// block in `poll(2)`, since no task of others waits behind it.
final class ConnectionThread: SerialExecutor {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct State {
        var work: [Work] = []
        /// Whether the thread waits at the wake-up descriptor.
        var isAsleep = false
        var isStopped = false
    }

    let wakeUp = WakeUp()
    private let state = Mutex(State())
    private let identity = Atomic<pthread_t>(0)

    /// Starts the thread; ``stop()`` ends it.
    ///
    /// - Parameter name: Shown by `top -H`; up to 15 bytes.
    init(name: String) {
        // The thread holds the executor until it is stopped, so no job can outlive it.
        let context = Unmanaged.passRetained(Start(thread: self, name: name)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context = context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                tramline_name_thread(start.name)
                start.thread.identity.store(pthread_self(), ordering: .releasing)
                start.thread.run()
                return nil
            },
            context
        )
        precondition(code == 0, "no thread for a connection: error \(code)")
        pthread_detach(thread)
    }

    private final class Start: Sendable {
        let thread: ConnectionThread
        let name: String

        init(thread: ConnectionThread, name: String) {
            self.thread = thread
            self.name = name
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs a closure on the thread, after what was enqueued before.
    func perform(_ closure: @escaping @Sendable () -> Void) {
        add(.closure(closure))
    }

    /// Ends the thread when it has done all that is enqueued.
    func stop() {
        state.withLock { $0.isStopped = true }
        wakeUp.signal()
    }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "a connection was touched from a thread that is not its own")
    }

    func isIsolatingCurrentContext() -> Bool? {
        pthread_equal(identity.load(ordering: .acquiring), pthread_self()) != 0
    }

    private func add(_ work: Work) {
        let mustWake = state.withLock { state in
            state.work.append(work)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wakeUp.signal() }
    }

    private func run() {
        var batch: [Work] = []
        while true {
            let isStopped = state.withLock { state in
                swap(&batch, &state.work)
                state.isAsleep = batch.isEmpty && !state.isStopped
                return state.isStopped
            }
            guard !batch.isEmpty else {
                if isStopped { return }
                sleep()
                continue
            }
            for work in batch {
                switch work {
                case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                case .closure(let closure): closure()
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// Waits for work: without a deadline, since a thread without work has nothing to be late for.
    private func sleep() {
        var descriptor = pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, -1)
        wakeUp.reset()
    }
}
