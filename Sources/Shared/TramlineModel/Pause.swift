/// What an operator can hold up.
package enum PauseScope: Sendable, Hashable, CustomStringConvertible {
    /// Everything: nothing is claimed, and what runs ends its step.
    case queue
    /// A site: its gate grants nothing, and who waits there goes on waiting.
    case site(SiteID)
    /// Jobs of a kind: none is claimed, and what runs ends its step.
    case kind(JobKind)

    /// The queue first, then kinds and sites by their names.
    package static func inOrder(_ left: PauseScope, _ right: PauseScope) -> Bool {
        left == .queue ? right != .queue : right != .queue && left.description < right.description
    }

    package var site: SiteID? { if case .site(let site) = self { site } else { nil } }

    /// As scripts and people read it.
    package var description: String {
        switch self {
        case .queue: "queue"
        case .site(let site): "site \(site)"
        case .kind(let kind): "kind \(kind.rawValue)"
        }
    }

    /// Reads a description.
    /// - Returns: `nil` for what this release does not know.
    package init?(_ description: some StringProtocol) {
        let words = description.split(separator: " ", maxSplits: 1)
        switch (words.first, words.count) {
        case ("queue", 1): self = .queue
        case ("site", 2): self = .site(SiteID(rawValue: String(words[1])))
        case ("kind", 2):
            guard let kind = JobKind(rawValue: String(words[1])) else { return nil }
            self = .kind(kind)
        default: return nil
        }
    }
}

/// All that is paused, as of one revision: every change of the record's list makes the next one.
package struct PauseList: Sendable, Equatable {
    package let revision: Int64
    package let scopes: Set<PauseScope>

    package init(revision: Int64, scopes: Set<PauseScope>) {
        self.revision = revision
        self.scopes = scopes
    }

    /// Before anything was ever paused.
    package static let none = PauseList(revision: 0, scopes: [])
}

extension Set<PauseScope> {
    /// Whether jobs of a kind must not run now.
    package func hold(_ kind: JobKind) -> Bool { contains(.queue) || contains(.kind(kind)) }

    package var inOrder: [PauseScope] { sorted(by: PauseScope.inOrder) }
}
