/// One step of the schema's history: unchanged once released.
package struct Migration: Sendable, Hashable {
    /// Its place in the history, 1...; gaps are allowed.
    package let id: Int
    package let name: String
    /// The script that makes the step; it runs in one transaction, so it has no `BEGIN` and nothing that cannot run in one.
    package let up: String
    /// The script that takes it back.
    package let down: String

    package init(id: Int, name: String, up: String, down: String) {
        self.id = id
        self.name = name
        self.up = up
        self.down = down
    }
}
