import Foundation
import Synchronization

/// Kills a fleet's processes when this process ends without having done so, as when it is killed itself.
///
/// A shell that reads the numbers from a pipe: whatever ends us closes the pipe.
final class Watchdog: Sendable {
    private let input: Mutex<FileHandle>

    init() throws {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", "while read line; do [ \"$line\" = end ] && exit; all=\"$all $line\"; done; kill -9 $all",
        ]
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        input = Mutex(pipe.fileHandleForWriting)
    }

    func watch(_ process: FleetProcess) throws {
        try input.withLock { try $0.write(contentsOf: Data("\(process.pid)\n".utf8)) }
    }

    /// All have been ended; there is nothing to watch.
    func end() {
        input.withLock { input in
            // If the shell has gone, it has nothing to be told.
            try? input.write(contentsOf: Data("end\n".utf8))
            try? input.close()
        }
    }
}
