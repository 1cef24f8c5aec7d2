package import Delivery
package import Record
package import TramlineModel

/// Keeps in force what the record says is paused.
///
/// A revision that Redis knows was committed before it was told. So when Redis knows a greater one than has just been read,
/// reading again gives at least that one, unless the record has been set back to an older state: then the record is right
/// all the same.
package struct PauseKeeping: Sendable {
    private let pauses: PauseStore
    private let delivery: Delivery

    package init(pauses: PauseStore, delivery: Delivery) {
        self.pauses = pauses
        self.delivery = delivery
    }

    /// What the record says.
    package func list() async throws -> PauseList { try await pauses.list() }

    /// Puts the record's list into force where it is not. Safe to repeat.
    /// - Returns: What is in force now.
    @discardableResult
    package func enforce() async throws -> PauseList {
        let list = try await pauses.list()
        let inForce = try await delivery.setPauses(list)
        guard inForce > list.revision else { return list }
        let later = try await pauses.list()
        try await delivery.setPauses(later, replacing: later.revision < inForce ? inForce : nil)
        return later
    }
}
