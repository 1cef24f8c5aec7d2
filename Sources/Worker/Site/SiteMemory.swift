import Foundation
import Jira
import Synchronization
import TramlineModel

/// What a worker process remembers of Jira sites from one job to the next: what changes seldom, for ten minutes, and what
/// each site's clock shows.
///
/// Nothing here is needed to be right: what is forgotten is asked for again, and what is outdated is refused by Jira and
/// dropped then.
final class SiteMemory: Sendable {
    /// A project as one credential sees it.
    struct Place: Hashable, Sendable {
        let integration: IntegrationID
        let project: String
    }

    private struct ScreenKey: Hashable {
        let place: Place
        /// The issue type's id.
        let type: String
    }

    private struct State {
        var types: ExpiringCache<Place, [JiraIssueType]>
        var screens: ExpiringCache<ScreenKey, CreateScreen>
        var uploads: ExpiringCache<IntegrationID, JiraAttachmentSettings>
        /// Projects that have refused a create because of its properties.
        var refusals: ExpiringCache<Place, Bool>
        var clocks: [SiteID: (shown: Date, at: ContinuousClock.Instant)] = [:]
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - lifetime: how long a thing is remembered: default 10 min.
    ///   - now: the clock; tests have their own.
    init(
        lifetime: Duration = .seconds(600),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        // A create screen takes some tens of kilobytes.
        state = Mutex(
            State(
                types: ExpiringCache(lifetime: lifetime, capacity: 1000),
                screens: ExpiringCache(lifetime: lifetime, capacity: 1000),
                uploads: ExpiringCache(lifetime: lifetime, capacity: 1000),
                refusals: ExpiringCache(lifetime: lifetime, capacity: 1000)
            )
        )
    }

    // MARK: Create screens

    func issueTypes(of place: Place) -> [JiraIssueType]? {
        state.withLock { $0.types.value(for: place, at: now()) }
    }

    func remember(_ types: [JiraIssueType], of place: Place) {
        state.withLock { $0.types.store(types, for: place, at: now()) }
    }

    func screen(of place: Place, type: String) -> CreateScreen? {
        state.withLock { $0.screens.value(for: ScreenKey(place: place, type: type), at: now()) }
    }

    func remember(_ screen: CreateScreen, of place: Place) {
        state.withLock { $0.screens.store(screen, for: ScreenKey(place: place, type: screen.issueTypeID), at: now()) }
    }

    /// Drops a screen that has promised a field which Jira refuses.
    func forgetScreen(of place: Place, type: String) {
        state.withLock { state in
            state.screens.remove(ScreenKey(place: place, type: type))
            state.types.remove(place)
        }
    }

    /// Whether a project has lately refused creates because of their issue properties.
    func refusesProperties(_ place: Place) -> Bool {
        state.withLock { $0.refusals.value(for: place, at: now()) ?? false }
    }

    func rememberRefusalOfProperties(_ place: Place) {
        state.withLock { $0.refusals.store(true, for: place, at: now()) }
    }

    // MARK: Files

    func uploadSettings(of integration: IntegrationID) -> JiraAttachmentSettings? {
        state.withLock { $0.uploads.value(for: integration, at: now()) }
    }

    func remember(_ settings: JiraAttachmentSettings, of integration: IntegrationID) {
        state.withLock { $0.uploads.store(settings, for: integration, at: now()) }
    }

    // MARK: Clocks

    /// Notes what a site's clock showed in an answer that has just come.
    func note(_ time: Date?, of site: SiteID) {
        guard let time else { return }
        state.withLock { $0.clocks[site] = (time, now()) }
    }

    /// What a site's clock shows now, to a second or two; `nil` when it has not told it yet.
    func time(of site: SiteID) -> Date? {
        state.withLock { state in
            state.clocks[site].map { $0.shown.addingTimeInterval(($0.at.duration(to: now())).inSeconds) }
        }
    }
}
