import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Enters requests into the journal at the moment they pass through the connection.
///
/// It stands between the HTTP codec and the server, hands each request its sequence number in a header field, and closes the
/// connection of a client that has gone, or of everybody when the server stops.
final class JournalHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let journal: Journal
    private let directory: SiteDirectory
    /// Requests of this connection without a complete answer, oldest first; 0 stands for one that is not journaled.
    private var open: [Int] = []

    init(journal: Journal, directory: SiteDirectory) {
        self.journal = journal
        self.directory = directory
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            let sequence = arrived(head)
            open.append(sequence)
            head.headerFields[.simulatorSequence] = String(sequence)
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .end(let trailers):
            if let sequence = open.last, sequence > 0 { journal.bodyComplete(sequence) }
            context.fireChannelRead(wrapInboundOut(.end(trailers)))
        case .body:
            context.fireChannelRead(data)
        }
    }

    private func arrived(_ head: HTTPRequest) -> Int {
        guard let place = directory.place(of: head), !place.isControl else { return 0 }
        return journal.arrived(
            site: place.site,
            method: head.method.rawValue,
            path: place.path,
            query: place.query,
            kind: SiteDirectory.kind(of: head.method, place.path)
        )
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if let sequence = open.first, sequence > 0, head.status.code >= 200 {
                journal.ended(sequence, .answered, status: head.status.code)
            }
        case .end:
            if !open.isEmpty { open.removeFirst() }
        case .body:
            break
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where !open.isEmpty:
            // A client that closes its end before the answer has gone, or died: nobody will read the answer.
            abandon()
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            abandon()
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset comes here first; the connection is of no more use either way.
        abandon()
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        abandon()
        context.fireChannelInactive()
    }

    private func abandon() {
        for sequence in open where sequence > 0 { journal.ended(sequence, .abandoned) }
        open.removeAll()
    }
}
