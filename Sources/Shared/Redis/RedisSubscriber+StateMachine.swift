import NIOCore

/// Who listens to what, and what Redis knows of it: the rules of the subscription connection.
///
/// Channels are counted by listeners: the first one subscribes, the last one to go unsubscribes. Each `SUBSCRIBE` names
/// one channel, so that each answer, also an error, belongs to the command at the head of a queue.
struct SubscriptionStateMachine {
    typealias ListenerID = UInt64

    enum Command: Hashable, Sendable {
        case subscribe(String)
        case unsubscribe(String)
        case ping
    }

    private struct ChannelState {
        var listeners: Set<ListenerID> = []
        /// Commands about this channel that have no answer yet.
        var unanswered = 0
        var isConfirmed = false
    }

    private struct Listener {
        let channels: [String]
        /// Channels that Redis has not confirmed since the listener came, or since the connection did.
        var missing: Set<String>
        /// Whether the listener has been told that it listens; later confirmations are a resubscription.
        var isEstablished = false
    }

    enum Outcome: Hashable, Sendable {
        case established(ListenerID)
        case resubscribed(ListenerID)
        case refused(ListenerID, String)
        case message(channel: String, bytes: [UInt8], to: Set<ListenerID>)
    }

    private var connection: RedisLink.ConnectionID?
    private var channels: [String: ChannelState] = [:]
    private var listeners: [ListenerID: Listener] = [:]
    private var unanswered = CircularBuffer<Command>()
    private(set) var lastHeard = NIODeadline.uptimeNanoseconds(0)

    var isWanted: Bool { !listeners.isEmpty }

    /// Adds a listener. Returns what to send, and whether every channel is confirmed already.
    mutating func add(_ id: ListenerID, channels names: [String]) -> (send: [Command], isEstablished: Bool) {
        var send: [Command] = []
        var missing: Set<String> = []
        for name in names {
            var channel = channels[name] ?? ChannelState()
            // An unanswered unsubscription may stand before us: only a new subscription comes surely after it.
            if channel.listeners.isEmpty { send += request(.subscribe(name), &channel) }
            channel.listeners.insert(id)
            channels[name] = channel
            if !channel.isConfirmed { missing.insert(name) }
        }
        listeners[id] = Listener(channels: names, missing: missing, isEstablished: missing.isEmpty)
        return (send, missing.isEmpty)
    }

    /// Removes a listener; nothing happens when it is gone already.
    mutating func remove(_ id: ListenerID) -> [Command] {
        guard let listener = listeners.removeValue(forKey: id) else { return [] }
        var send: [Command] = []
        for name in listener.channels {
            guard var channel = channels[name], channel.listeners.remove(id) != nil else { continue }
            if channel.listeners.isEmpty {
                channel.isConfirmed = false
                send += request(.unsubscribe(name), &channel)
            }
            channels[name] = channel.listeners.isEmpty && channel.unanswered == 0 ? nil : channel
        }
        return send
    }

    /// A connection is ready: everything wanted is subscribed anew.
    mutating func connected(_ id: RedisLink.ConnectionID, at now: NIODeadline) -> [Command] {
        connection = id
        lastHeard = now
        var send: [Command] = []
        for name in channels.keys.sorted() {
            guard var channel = channels[name] else { continue }
            send += request(.subscribe(name), &channel)
            channels[name] = channel
        }
        return send
    }

    mutating func disconnected(_ id: RedisLink.ConnectionID) {
        guard connection == id else { return }
        connection = nil
        unanswered.removeAll()
        channels = channels.compactMapValues { channel in
            channel.listeners.isEmpty ? nil : ChannelState(listeners: channel.listeners)
        }
        listeners = listeners.mapValues { listener in
            var listener = listener
            listener.missing = Set(listener.channels)
            return listener
        }
    }

    /// Asks for a sign of life. Returns `nil` when there is no connection.
    mutating func ping() -> Command? {
        guard connection != nil else { return nil }
        unanswered.append(.ping)
        return .ping
    }

    /// Takes a reply; throws when it is nothing that may come here.
    mutating func received(_ reply: RedisReply, at now: NIODeadline) throws(RedisError) -> [Outcome] {
        lastHeard = now
        if case .array(let parts) = reply, parts.count == 3, case .bytes(let kind) = parts[0],
            kind.elementsEqual("message".utf8)
        {
            let name = try parts[1].string()
            guard let channel = channels[name], !channel.listeners.isEmpty else { return [] }
            return [.message(channel: name, bytes: try parts[2].bytes(), to: channel.listeners)]
        }
        guard let head = unanswered.popFirst() else {
            throw RedisError(.malformedReply, "Redis sent an answer that nobody asked for")
        }
        switch head {
        case .ping: return []
        case .unsubscribe(let name): return answered(name, isSubscription: false)
        case .subscribe(let name):
            if case .error(let text) = reply { return refused(name, text) }
            return answered(name, isSubscription: true)
        }
    }

    // MARK: Parts

    private mutating func request(_ command: Command, _ channel: inout ChannelState) -> [Command] {
        guard connection != nil else { return [] }
        channel.unanswered += 1
        unanswered.append(command)
        return [command]
    }

    private mutating func answered(_ name: String, isSubscription: Bool) -> [Outcome] {
        guard var channel = channels[name] else { return [] }
        channel.unanswered -= 1
        channel.isConfirmed = isSubscription && channel.unanswered == 0 && !channel.listeners.isEmpty
        channels[name] = channel.listeners.isEmpty && channel.unanswered == 0 ? nil : channel
        guard channel.isConfirmed else { return [] }
        return channel.listeners.sorted().compactMap { id in
            guard listeners[id]?.missing.remove(name) != nil, listeners[id]?.missing.isEmpty == true else { return nil }
            let isFirst = listeners[id]?.isEstablished == false
            listeners[id]?.isEstablished = true
            return isFirst ? .established(id) : .resubscribed(id)
        }
    }

    private mutating func refused(_ name: String, _ text: String) -> [Outcome] {
        guard let refused = channels[name]?.listeners else { return [] }
        channels[name]?.unanswered -= 1
        return refused.sorted().map { .refused($0, text) }
    }
}
