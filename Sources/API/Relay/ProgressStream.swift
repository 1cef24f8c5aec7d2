import Logging
import NIOCore
import ServiceLifecycle
import Telemetry
import TramlineModel

/// One client's WebSocket from its beginning to its end.
struct ProgressStream: Sendable {
    let relay: ProgressRelay
    let admission: ProgressAdmission
    let logger: Logger

    private enum Done: Sendable { case inbound, outbound }

    func run(on side: ProgressChannel.WebSocketSide) async throws {
        let start = ContinuousClock.now
        defer {
            logger.info(
                "listener left",
                metadata: [
                    LogKey.sessionID: "\(admission.session)", LogKey.teamID: "\(admission.team)",
                    LogKey.duration: "\((ContinuousClock.now - start).inSeconds)",
                ]
            )
        }
        try await side.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Done.self) { group in
                group.addTask {
                    // Nothing comes; it ends when the connection does.
                    for try await _ in inbound {}
                    return .inbound
                }
                group.addTask {
                    try await send(to: outbound)
                    return .outbound
                }
                // After the last word the handler ends the connection, within its time-out.
                if try await group.next() == .inbound { group.cancelAll() }
                try await group.waitForAll()
            }
        }
    }

    private func send(to outbound: NIOAsyncChannelOutboundWriter<WebSocketOutput>) async throws {
        let listener: ProgressListener
        do {
            listener = try relay.listen(to: admission.session, after: admission.after)
        } catch {
            return try await outbound.write(.close(.tryAgainLater, reason: "no more clients can listen at the moment"))
        }
        try await withGracefulShutdownHandler {
            while let item = await listener.next() {
                switch item {
                case .line(let line):
                    try await outbound.write(.text(line.text))
                case .ended(let end):
                    return try await outbound.write(Self.close(end))
                }
            }
        } onGracefulShutdown: {
            listener.end()
        }
    }

    private static func close(_ end: ProgressEnd) -> WebSocketOutput {
        switch end {
        case .exportEnded: .close(.normal, reason: "the export has ended")
        case .goingAway: .close(.goingAway, reason: "the server is stopping; connect again with after")
        case .sessionGone: .close(.normal, reason: "the session is gone")
        }
    }
}
