import Foundation

/// Gives a process a wrong wall clock, where libfaketime is installed. Clocks that only measure are left as they are, as on a
/// machine whose time is set wrong.
enum FakeClock {
    private static let library: String? = ["x86_64", "aarch64"]
        .map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) }

    static var isAvailable: Bool { library != nil }

    /// The variables of a process whose clock is so many seconds fast; none where nothing is to be faked, or nothing can be.
    static func environment(fastBy seconds: Int) -> [String: String] {
        guard let library, seconds != 0 else { return [:] }
        return [
            "LD_PRELOAD": library,
            "FAKETIME": "\(seconds > 0 ? "+" : "")\(seconds)s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    /// Removes what the library leaves in shared memory when its process is killed.
    static func tidy(after pid: Int32) {
        for name in ["faketime_shm_\(pid)", "sem.faketime_sem_\(pid)"] {
            // Most processes have none.
            try? FileManager.default.removeItem(atPath: "/dev/shm/\(name)")
        }
    }
}
