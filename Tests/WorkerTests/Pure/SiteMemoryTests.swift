import Foundation
import Jira
import Synchronization
import Testing
import TramlineModel

@testable import Worker

@Suite("What a worker remembers of sites")
struct SiteMemoryTests {
    /// A clock that stands until it is moved.
    private final class HandClock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
    }

    private let place = SiteMemory.Place(integration: IntegrationID(), project: "PROJ")

    @Test("A create screen is good for its lifetime, and for its place only")
    func lifetime() {
        let clock = HandClock()
        let memory = SiteMemory(lifetime: .seconds(600), now: { clock.now })
        memory.remember(CreateScreen(issueTypeID: "1", fields: []), of: place)
        #expect(memory.screen(of: place, type: "2") == nil)
        #expect(memory.screen(of: SiteMemory.Place(integration: place.integration, project: "X"), type: "1") == nil)
        clock.advance(by: .seconds(599))
        #expect(memory.screen(of: place, type: "1") != nil)
        clock.advance(by: .seconds(1))
        #expect(memory.screen(of: place, type: "1") == nil)
    }

    @Test("A screen that promised too much is forgotten, the others are not")
    func forgetting() {
        let memory = SiteMemory()
        for type in ["1", "2"] { memory.remember(CreateScreen(issueTypeID: type, fields: []), of: place) }
        memory.forgetScreen(of: place, type: "1")
        #expect(memory.screen(of: place, type: "1") == nil && memory.screen(of: place, type: "2") != nil)
    }

    @Test("It never holds more than its capacity, and drops what is outdated first")
    func capacity() {
        var cache = ExpiringCache<Int, Int>(lifetime: .seconds(10), capacity: 3)
        let start = ContinuousClock.now
        cache.store(0, for: 0, at: start)
        for key in 1...2 { cache.store(key, for: key, at: start + .seconds(5)) }
        cache.store(3, for: 3, at: start + .seconds(11))
        #expect((1...3).allSatisfy { cache.value(for: $0, at: start + .seconds(12)) == $0 })
        cache.store(4, for: 4, at: start + .seconds(12))
        #expect((1...4).count { cache.value(for: $0, at: start + .seconds(12)) != nil } == 3)
        #expect(cache.value(for: 4, at: start + .seconds(12)) == 4)
    }

    @Test("A site's clock runs on from what it showed last")
    func clocks() {
        let clock = HandClock()
        let memory = SiteMemory(now: { clock.now })
        let site = SiteID(rawValue: "acme")
        #expect(memory.time(of: site) == nil)
        memory.note(Make.start, of: site)
        clock.advance(by: .seconds(90))
        memory.note(nil, of: site)
        #expect(memory.time(of: site) == Make.start.addingTimeInterval(90))
    }
}

@Suite("How far a refusal for its rate reaches")
struct RateLimitReachTests {
    private func limit(
        _ reason: JiraRateLimit.Reason?,
        retryAfter: Duration? = nil,
        reset: TimeInterval? = nil
    ) -> JiraRateLimit {
        var limit = JiraRateLimit(retryAfter: retryAfter, reason: reason)
        limit.reset = reset.map { Make.start.addingTimeInterval($0) }
        return limit
    }

    private func reach(_ limit: JiraRateLimit?) -> RateLimitReach { RateLimitReach(limit, serverTime: Make.start) }

    @Test("A burst closes the site for as long as Jira asks, or for ten seconds")
    func burst() {
        #expect(reach(limit(.burst, retryAfter: .seconds(3))) == .site(.seconds(3)))
        #expect(reach(limit(.burst)) == .site(.seconds(10)))
        #expect(reach(limit(.other("new"), retryAfter: .seconds(4))) == .site(.seconds(4)))
        #expect(reach(nil) == .site(.seconds(10)))
    }

    @Test("A limit of one issue delays that issue")
    func issue() {
        #expect(reach(limit(.perIssueOnWrite, retryAfter: .seconds(2))) == .issue(.seconds(2)))
        #expect(reach(limit(.perIssueOnWrite)) == .issue(.seconds(30)))
    }

    @Test("A quota closes the site until its reset by Jira's clock, never for less than Jira asks, nor for ever")
    func quota() {
        #expect(reach(limit(.quotaTenant, retryAfter: .seconds(5), reset: 1800)) == .site(.seconds(1800)))
        #expect(reach(limit(.quotaGlobal, retryAfter: .seconds(60), reset: -5)) == .site(.seconds(60)))
        #expect(reach(limit(.quotaGlobal, reset: -5)) == .site(.seconds(1)))
        #expect(reach(limit(.quotaGlobal)) == .site(.seconds(600)))
        #expect(reach(limit(.quotaTenant, reset: 900_000)) == .site(RateLimitReach.longest))
        #expect(reach(limit(.burst, retryAfter: .seconds(600_000))) == .site(RateLimitReach.longest))
    }
}
