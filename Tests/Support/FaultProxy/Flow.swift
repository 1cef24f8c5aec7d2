/// What becomes of the bytes that go one way.
package enum Flow: Sendable, Hashable {
    /// They arrive.
    case pass
    /// They arrive so much later, in their order.
    case delay(Duration)
    /// So many of them arrive at a time, the next ones so much later.
    case trickle(bytes: Int, every: Duration)
    /// None arrives, as while a network is cut; TCP repeats them, so they arrive when the flow changes.
    case hold
    /// None arrives, and they are lost for good, as behind a firewall that has forgotten the connection. Neither end hears of
    /// it; a connection that has lost something is reset when the flow changes.
    case drop
    /// So many more arrive, then the connection is reset.
    case reset(after: Int)
}

/// Which way bytes go.
package enum FlowDirection: Sendable, Hashable, CaseIterable {
    case toServer
    case toClient
}
