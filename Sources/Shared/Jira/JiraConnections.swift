import AsyncHTTPClient
import NIOCore

/// The connections to Jira sites, shared by all clients of a process. ``shutdown()`` must be called before the last
/// reference goes.
///
/// What AsyncHTTPClient does with a request was read in its sources (1.37.0), because a create must not be sent twice:
/// - It never sends a request again. One that is written to a connection that turns out to be closed fails with
///   `remoteConnectionClosed`; the only retry is that of *establishing* connections while a request is still queued,
///   and that is switched off here, so that a refused connection is told at once and not when the connect time-out
///   has passed.
/// - Redirections are its only way to repeat a request; they are switched off.
/// - A body that is a sequence is asked for its first bytes only when a connection has been leased and the head was
///   written to it, and nothing it yields is written once the request has failed. ``SendWatch`` builds upon that.
/// - HTTP/2 is switched off: with one request in flight for each site it gains nothing, and its ways to refuse a
///   stream would need rules of their own.
///
/// A connection that idles for ``Configuration/idleConnectionLifetime`` is closed by us, well before Jira's side
/// would: fewer requests meet a connection that is being closed.
package final class JiraConnections: Sendable {
    package struct Configuration: Sendable {
        /// From calling to the last byte of the answer: default 30 s.
        package var requestTimeout: Duration
        /// Finding the address, connecting, the TLS handshake: default 10 s.
        package var connectTimeout: Duration
        /// How long an unused connection is kept: default 15 s.
        package var idleConnectionLifetime: Duration
        /// Allows private addresses: default false. ``JiraSite`` has to allow them, too.
        package var allowInsecure: Bool
        /// The largest body of a success: default 32 MiB.
        package var maximumAnswerBytes: Int
        /// How much of a failure's body is read: default 64 KiB.
        package var maximumErrorBytes: Int
        /// Default `Tramline/1.0`.
        package var userAgent: String

        package init(
            requestTimeout: Duration = .seconds(30),
            connectTimeout: Duration = .seconds(10),
            idleConnectionLifetime: Duration = .seconds(15),
            allowInsecure: Bool = false,
            maximumAnswerBytes: Int = 32 << 20,
            maximumErrorBytes: Int = 64 << 10,
            userAgent: String = "Tramline/1.0"
        ) {
            self.requestTimeout = requestTimeout
            self.connectTimeout = connectTimeout
            self.idleConnectionLifetime = idleConnectionLifetime
            self.allowInsecure = allowInsecure
            self.maximumAnswerBytes = maximumAnswerBytes
            self.maximumErrorBytes = maximumErrorBytes
            self.userAgent = userAgent
        }
    }

    package let configuration: Configuration
    let http: HTTPClient

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        var settings = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(configuration.connectTimeout))
        )
        settings.httpVersion = .http1Only
        settings.connectionPool.retryConnectionEstablishment = false
        // One host may stand for many sites: all that are reached through Atlassian's gateway. Who spaces the
        // requests limits them.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        settings.connectionPool.idleTimeout = TimeAmount(configuration.idleConnectionLifetime)
        if !configuration.allowInsecure {
            settings.http1_1ConnectionDebugInitializer = refuseIfPrivate
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Ends all connections; requests in flight fail. Safe to repeat.
    ///
    /// Waits for connections that are being made: at most ``Configuration/connectTimeout``.
    package func shutdown() async {
        // It fails only when it has been shut down before, or when a connection ended badly: either way they are gone.
        try? await http.shutdown()
    }
}

/// A connection that leads to a private address.
struct AddressNotAllowed: Error {}

/// Ends a new connection to a private address before it is given a request: a name may resolve to anything.
@Sendable private func refuseIfPrivate(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard let address = channel.remoteAddress, PrivateAddress.isPrivate(address) else {
        return channel.eventLoop.makeSucceededVoidFuture()
    }
    // Closed only after the pool has heard of the failure: it must see an attempt that failed, not a connection that
    // ended.
    channel.eventLoop.execute { channel.close(promise: nil) }
    return channel.eventLoop.makeFailedFuture(AddressNotAllowed())
}
