import NIOCore
import NIOWebSocket

/// Why a WebSocket closes: the codes of RFC 6455, 7.4.1, that are sent here.
enum WebSocketCloseCode: UInt16, Sendable {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case unacceptableData = 1003
    case tooLarge = 1009
    case internalError = 1011
    case tryAgainLater = 1013
}

/// The server's side of a WebSocket on which the client has nothing to say: pings, pongs, the close handshake, and what is
/// done about everything else.
struct WebSocketStateMachine: Sendable {
    enum Action: Equatable {
        case none
        case sendPong(ByteBuffer)
        /// The client closes: send the same code back (none where it sent none), then end the connection.
        case answerClose(code: UInt16?)
        /// Send a close, then give the client a moment to answer.
        case sendClose(WebSocketCloseCode, reason: String)
        /// End the connection now.
        case hangUp
    }

    enum PingAction: Equatable {
        case sendPing
        /// The last ping was not answered.
        case hangUp
        case none
    }

    private enum Phase {
        case open
        /// A close was sent; the client's is awaited.
        case closing
        case closed
    }

    private var phase = Phase.open
    private var awaitsPong = false
    /// Whether a message's first frame has come, and its last has not.
    private var isInMessage = false

    var isOpen: Bool { phase == .open }

    /// A whole frame came.
    mutating func receive(_ frame: WebSocketFrame) -> Action {
        switch phase {
        case .closed: return .none
        case .closing:
            // Whatever was on its way is of no interest any more.
            guard frame.opcode == .connectionClose else { return .none }
            phase = .closed
            return .hangUp
        case .open: break
        }
        guard frame.maskKey != nil else { return close(.protocolError, "a client masks its frames") }
        guard frame.reservedBits.isEmpty else { return close(.protocolError, "no extension was agreed on") }
        switch frame.opcode {
        case .ping: return .sendPong(frame.unmaskedData)
        case .pong:
            awaitsPong = false
            return .none
        case .connectionClose: return receiveClose(frame.unmaskedData)
        case .continuation:
            guard isInMessage else { return close(.protocolError, "nothing to continue") }
            isInMessage = !frame.fin
            return .none
        case .text:
            guard !isInMessage else { return close(.protocolError, "a message within a message") }
            isInMessage = !frame.fin
            return .none
        case .binary: return close(.unacceptableData, "this endpoint takes no binary messages")
        default: return close(.protocolError, "an opcode that is not known")
        }
    }

    private mutating func receiveClose(_ payload: ByteBuffer) -> Action {
        phase = .closed
        guard payload.readableBytes > 0 else { return .answerClose(code: nil) }
        var payload = payload
        guard let code = payload.readInteger(as: UInt16.self), Self.mayBeSent(code),
            String(validating: payload.readableBytesView, as: UTF8.self) != nil
        else {
            phase = .open
            return close(.protocolError, "a close that cannot be")
        }
        return .answerClose(code: code)
    }

    /// The codes that an endpoint may send: RFC 6455, 7.4, and IANA's registry.
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Bytes came that are no frame.
    mutating func receive(_ error: NIOWebSocketError) -> Action {
        guard phase == .open else { return .hangUp }
        switch error {
        case .invalidFrameLength: return close(.tooLarge, "the frame is too large")
        case .fragmentedControlFrame, .multiByteControlFrameLength: return close(.protocolError, "a bad control frame")
        }
    }

    /// The server has no more to say.
    mutating func requestClose(_ code: WebSocketCloseCode, _ reason: String) -> Action {
        phase == .open ? close(code, reason) : .none
    }

    /// The time for a ping has come.
    mutating func pingIsDue() -> PingAction {
        guard phase == .open else { return .none }
        guard !awaitsPong else {
            phase = .closed
            return .hangUp
        }
        awaitsPong = true
        return .sendPing
    }

    /// The client did not answer the close in time.
    mutating func closeIsOverdue() -> Action {
        guard phase == .closing else { return .none }
        phase = .closed
        return .hangUp
    }

    private mutating func close(_ code: WebSocketCloseCode, _ reason: String) -> Action {
        phase = .closing
        return .sendClose(code, reason: reason)
    }
}
