import Redis

/// Every script, put together from the embedded files: what it includes, then its own text.
///
/// The list is written by hand, so that a missing file does not compile.
enum Scripts {
    /// What a script does when Redis's memory is full, which Redis decides before it runs: either all of it or nothing.
    private enum Burden: String {
        /// It brings new work, which is the record's to remember until there is room: refused.
        case adds = "#!lua"
        /// It carries on or ends what is there, and needs a few bytes for that: run. A full memory stops no export.
        case carries = "#!lua flags=allow-oom"
        /// It only looks: run, also by a replica.
        case reads = "#!lua flags=no-writes"
    }

    static let createGeneration = script("create_generation", pauses, PackageResources.create_generation_lua)
    static let setPauses = script("set_pauses", pauses, turns, gate, PackageResources.set_pauses_lua)
    static let enqueue = script("enqueue", turns, queue, PackageResources.enqueue_lua, burden: .adds)
    static let claim = script("claim", turns, queue, PackageResources.claim_lua)
    static let settle = script("settle", turns, queue, PackageResources.settle_lua)
    static let held = script("held", PackageResources.held_lua, burden: .reads)
    static let remove = script("remove", turns, queue, PackageResources.remove_lua)
    static let register = script("register", turns, queue, gate, reap, PackageResources.register_lua)
    static let heartbeat = script("heartbeat", pauses, turns, queue, gate, reap, PackageResources.heartbeat_lua)
    static let retire = script("retire", turns, queue, gate, reap, PackageResources.retire_lua)
    static let campaign = script("campaign", turns, queue, gate, reap, PackageResources.campaign_lua)
    static let enterGate = script("enter_gate", turns, gate, PackageResources.enter_gate_lua)
    static let leaveGate = script("leave_gate", turns, gate, PackageResources.leave_gate_lua)
    static let withdraw = script("withdraw", turns, gate, PackageResources.withdraw_lua)
    static let lookAtGate = script("look_at_gate", turns, gate, PackageResources.look_at_gate_lua)
    static let stats = script("stats", pauses, turns, queue, gate, PackageResources.stats_lua, burden: .reads)
    static let locate = script("locate", turns, queue, PackageResources.locate_lua, burden: .reads)
    static let known = script("known", PackageResources.known_lua, burden: .reads)
    static let strike = script("strike", turns, queue, PackageResources.strike_lua)
    static let release = script("release", turns, queue, PackageResources.release_lua)
    static let lookAtGates = script("look_at_gates", turns, gate, PackageResources.look_at_gates_lua, burden: .reads)
    static let tidy = script("tidy", turns, gate, PackageResources.tidy_lua)

    private static let keys = PackageResources.keys_lua
    private static let pauses = PackageResources.pauses_lua
    private static let turns = PackageResources.turns_lua
    private static let queue = PackageResources.queue_lua
    private static let gate = PackageResources.gate_lua
    private static let reap = PackageResources.reap_lua

    private static func script(_ name: String, _ parts: [UInt8]..., burden: Burden = .carries) -> RedisScript {
        let texts = ([keys] + parts).map { String(decoding: $0, as: UTF8.self) }
        return RedisScript(name: name, source: ([burden.rawValue] + texts).joined(separator: "\n"))
    }
}
