import Redis
package import TramlineModel

extension Delivery {
    /// Takes over what the record says is paused, and lets go on what is not.
    ///
    /// One script: claims and gates obey from the next one on. A list that is older than the one in force changes nothing, so
    /// repeating does no harm, in whatever order. The list may be set before there is a generation, and is kept by it.
    ///
    /// - Parameter replacing: A revision that must be given up although it is greater: the record has been set back, by a
    ///   backup. Nothing happens to any other.
    /// - Returns: The revision in force now; greater than the list's when nothing was done.
    @discardableResult
    package func setPauses(_ list: PauseList, replacing: Int64? = nil) async throws(DeliveryError) -> Int64 {
        let arguments =
            [
                RedisArgument(list.revision), replacing.map { RedisArgument($0) } ?? "", leaseArgument, spacingArgument,
            ] + Self.names(of: list)
        return try await run(Scripts.setPauses, arguments) { reply throws(RedisError) in try reply.integer() }
    }

    static func names(of list: PauseList) -> [RedisArgument] {
        list.scopes.map { RedisArgument("\($0)") }
    }

    /// Reads what scripts say is paused; what this release does not know is left out.
    static func scopes(_ reply: RedisReply) throws(RedisError) -> Set<PauseScope> {
        Set(try reply.strings().compactMap { PauseScope($0) })
    }
}
