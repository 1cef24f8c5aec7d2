import Hummingbird
import Record

/// What is known of a request beside itself.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Names the request in answers and logs.
    var requestID = ""
    private var knownOwner: KeyOwner?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// Whom the request speaks for.
    ///
    /// Reading it throws 401 where no key was checked, so a handler that forgets about keys cannot serve anybody.
    var owner: KeyOwner {
        get throws(APIError) {
            guard let knownOwner else { throw .unauthorized() }
            return knownOwner
        }
    }

    func owned(by owner: KeyOwner) -> APIContext {
        var copy = self
        copy.knownOwner = owner
        return copy
    }
}
