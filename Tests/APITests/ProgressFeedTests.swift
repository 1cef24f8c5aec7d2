import Foundation
import NIOCore
import Testing

@testable import API

@Suite("The feed of a session")
struct ProgressFeedTests {
    /// A session's messages, as the record would hold them, and a feed that reads them.
    private struct World {
        var feed = ProgressFeedStateMachine()
        /// The oldest that is kept, and the newest.
        var kept: Int64 = 1
        var newest: Int64 = 0
        var isOver = false
        /// The numbers of the messages that end an export.
        var ends: Set<Int64> = []
        var readings = 0

        init(newest: Int64 = 0) {
            self.newest = newest
        }

        static func line(_ sequence: Int64, isEnd: Bool = false) -> ProgressLine {
            ProgressLine(sequence: sequence, isEnd: isEnd, text: ByteBuffer(string: "\(sequence)"))
        }

        static func snapshot(_ sequence: Int64, isEnd: Bool = false) -> ProgressLine {
            ProgressLine(sequence: sequence, isEnd: isEnd, text: ByteBuffer(string: "snapshot \(sequence)"))
        }

        func reading(_ request: ProgressRequest, limit: Int = 2000) -> ProgressReading {
            let first = max(kept, (request.after ?? newest) + 1)
            let lines =
                first <= newest ? (first...newest).prefix(limit).map { Self.line($0, isEnd: ends.contains($0)) } : []
            return ProgressReading(
                sequence: newest,
                isOver: isOver,
                endsWithEnd: ends.contains(newest),
                lines: lines,
                snapshot: request.wantsSnapshot ? Self.snapshot(newest, isEnd: isOver) : nil
            )
        }

        struct NothingWanted: Error {}

        /// Begins a reading.
        mutating func begin() throws -> ProgressRequest {
            guard let request = feed.nextRequest() else { throw NothingWanted() }
            return request
        }

        /// Reads until nothing is wanted.
        mutating func read() {
            while let request = feed.nextRequest() {
                readings += 1
                _ = feed.finish(request, with: reading(request))
            }
        }

        /// Takes everything that is there for a listener; it waits then.
        mutating func drain(_ id: UInt64) -> [ProgressItem] {
            var items: [ProgressItem] = []
            while let item = feed.pull(id) {
                items.append(item)
                if case .ended = item { break }
            }
            return items
        }
    }

    @Test("Nothing is read before the subscription stands; then comes the snapshot, then what is new")
    func order() {
        var world = World(newest: 5)
        world.feed.join(1, after: nil)
        #expect(world.feed.nextRequest() == nil)
        world.feed.settle()
        world.read()
        #expect(world.drain(1) == [.line(World.snapshot(5))])
        world.newest = 7
        world.feed.wake(7)
        world.read()
        #expect(world.drain(1) == [.line(World.line(6)), .line(World.line(7))])
    }

    @Test("One reading serves all who wait")
    func shared() {
        var world = World(newest: 3)
        world.feed.settle()
        for id in 1...200 as ClosedRange<UInt64> { world.feed.join(id, after: id % 2 == 0 ? nil : 1) }
        world.read()
        #expect(world.readings == 1)
        world.newest = 4
        world.feed.wake(4)
        for id in 1...200 as ClosedRange<UInt64> {
            let first: [ProgressItem] =
                id % 2 == 0 ? [.line(World.snapshot(3))] : [.line(World.line(2)), .line(World.line(3))]
            #expect(world.drain(id) == first)
        }
        world.read()
        #expect(world.readings == 2)
        for id in 1...200 as ClosedRange<UInt64> { #expect(world.drain(id) == [.line(World.line(4))]) }
        // A wake for what is known already costs nothing.
        world.feed.wake(4)
        world.read()
        #expect(world.readings == 2)
    }

    @Test("A wake during a reading leads to another one")
    func wokenWhileReading() throws {
        var world = World(newest: 1)
        world.feed.settle()
        world.feed.join(1, after: nil)
        let request = try world.begin()
        let old = world.reading(request)
        world.newest = 2
        world.feed.wake(2)
        #expect(world.feed.nextRequest() == nil)
        _ = world.feed.finish(request, with: old)
        world.read()
        #expect(world.drain(1) == [.line(World.snapshot(1)), .line(World.line(2))])
    }

    @Test("Who comes during a reading that is not for him is served by the next")
    func lateComer() throws {
        var world = World(newest: 4)
        world.feed.settle()
        world.feed.join(1, after: 3)
        let request = try world.begin()
        world.feed.join(2, after: 1)
        world.feed.join(3, after: nil)
        _ = world.feed.finish(request, with: world.reading(request))
        #expect(world.drain(1) == [.line(World.line(4))])
        #expect(world.drain(2).isEmpty)
        world.read()
        #expect(world.drain(2) == [.line(World.line(2)), .line(World.line(3)), .line(World.line(4))])
        #expect(world.drain(3) == [.line(World.snapshot(4))])
    }

    struct Resume: CustomTestStringConvertible {
        let testDescription: String
        let after: Int64
        let items: [ProgressItem]
    }

    @Test(
        "A resumption gives what follows, and the snapshot where it cannot",
        arguments: [
            Resume(testDescription: "the middle", after: 8, items: [.line(World.line(9)), .line(World.line(10))]),
            Resume(testDescription: "nothing new", after: 10, items: []),
            Resume(
                testDescription: "the edge of what is kept",
                after: 7,
                items: (8...10).map { .line(World.line($0)) }
            ),
            Resume(testDescription: "trimmed", after: 6, items: [.line(World.snapshot(10))]),
            Resume(testDescription: "from the beginning, trimmed", after: 0, items: [.line(World.snapshot(10))]),
            Resume(testDescription: "never reached", after: 11, items: [.line(World.snapshot(10))]),
        ]
    )
    func resume(_ resume: Resume) {
        var world = World(newest: 10)
        world.kept = 8
        world.feed.settle()
        world.feed.join(1, after: resume.after)
        world.read()
        #expect(world.drain(1) == resume.items)
    }

    @Test("A long past is given piece by piece, whole and in order")
    func longPast() {
        var world = World(newest: 1000)
        world.feed.settle()
        world.feed.join(1, after: 0)
        var heard: [Int64] = []
        while heard.count < 1000 {
            world.read()
            for case .line(let line) in world.drain(1) { heard.append(line.sequence) }
        }
        #expect(heard == Array(1...1000))
    }

    @Test("Who keeps up gets all, however much comes at once; who does not begins anew with a snapshot")
    func slow() {
        var world = World(newest: 0)
        world.feed.settle()
        world.feed.join(1, after: nil)
        world.feed.join(2, after: nil)
        world.read()
        _ = world.drain(1)
        #expect(world.feed.pull(2) != nil)
        // The first waits for more; the second is busy with the snapshot.
        world.newest = 100
        world.feed.wake(100)
        world.read()
        var heard: [Int64] = []
        while heard.last != 100 {
            for case .line(let line) in world.drain(1) { heard.append(line.sequence) }
            world.read()
        }
        #expect(heard == Array(1...100))
        #expect(world.feed.pull(2) == nil)
        world.newest = 101
        world.read()
        #expect(world.drain(2) == [.line(World.snapshot(101))])
    }

    @Test("The end message ends the stream, also for who comes after it")
    func end() {
        var world = World(newest: 2)
        world.feed.settle()
        world.feed.join(1, after: nil)
        world.feed.join(2, after: 1)
        world.read()
        world.newest = 3
        world.ends = [3]
        world.isOver = true
        world.feed.wake(3)
        world.read()
        let end = ProgressItem.line(World.line(3, isEnd: true))
        #expect(world.drain(1) == [.line(World.snapshot(2)), end, .ended(.exportEnded)])
        #expect(world.drain(2) == [.line(World.line(2)), end, .ended(.exportEnded)])
        world.feed.join(3, after: nil)
        world.feed.join(4, after: 3)
        world.feed.join(5, after: 2)
        world.read()
        #expect(world.drain(3) == [.line(World.snapshot(3, isEnd: true)), .ended(.exportEnded)])
        #expect(world.drain(4) == [.ended(.exportEnded)])
        #expect(world.drain(5) == [end, .ended(.exportEnded)])
    }

    @Test("An export that ends without a message ends the stream all the same")
    func silentEnd() {
        var world = World(newest: 2)
        world.feed.settle()
        world.feed.join(1, after: 2)
        world.read()
        world.isOver = true
        world.feed.look(sequence: 2, isOver: true)
        world.read()
        #expect(world.drain(1) == [.line(World.snapshot(2, isEnd: true)), .ended(.exportEnded)])
    }

    @Test("After an end a retry's messages are not for those who heard the end")
    func retry() {
        var world = World(newest: 1)
        world.feed.settle()
        world.feed.join(1, after: nil)
        world.read()
        world.newest = 4
        world.ends = [2]
        world.feed.wake(4)
        world.read()
        #expect(world.drain(1) == [.line(World.snapshot(1)), .line(World.line(2, isEnd: true)), .ended(.exportEnded)])
    }

    @Test("A reading that failed is repeated when somebody looks, not before")
    func failure() {
        var world = World(newest: 1)
        world.feed.settle()
        world.feed.join(1, after: nil)
        #expect(world.feed.nextRequest() != nil)
        world.feed.fail()
        #expect(world.feed.nextRequest() == nil)
        world.feed.look(sequence: 1, isOver: false)
        world.read()
        #expect(world.drain(1) == [.line(World.snapshot(1))])
    }

    @Test("A session that is gone, or a server that stops, ends everybody")
    func gone() throws {
        var world = World(newest: 1)
        world.feed.settle()
        world.feed.join(1, after: nil)
        #expect(world.feed.pull(1) == nil)
        let request = try world.begin()
        #expect(world.feed.finish(request, with: nil) == [1])
        #expect(world.drain(1) == [.ended(.sessionGone)])
        world.feed.join(2, after: nil)
        #expect(world.feed.pull(2) == nil)
        #expect(world.feed.end(.goingAway) == [2])
        #expect(world.drain(2) == [.ended(.goingAway)])
    }

    /// A seed of the environment's repeats a run.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["TRAMLINE_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    }

    @Test(
        "Whatever the order of things, nobody misses a message between snapshots or hears one twice",
        arguments: 0..<20
    )
    func anyOrder(round: Int) throws {
        let seed = Self.seed &+ UInt64(round)
        var random = SplitMix(state: seed)
        var world = World(newest: Int64(random.next() % 50))
        var positions: [UInt64: Int64?] = [:]
        var request: (ProgressRequest, ProgressReading)?
        var nextID: UInt64 = 1
        for _ in 0..<2000 {
            switch random.next() % 10 {
            case 0 where positions.count < 8:
                let after = random.next() % 3 == 0 ? nil : Int64(random.next() % UInt64(world.newest + 2))
                world.feed.join(nextID, after: after)
                positions[nextID] = .some(after)
                nextID += 1
            case 1:
                if let id = positions.keys.randomElement(using: &random), random.next() % 4 == 0 {
                    world.feed.leave(id)
                    positions[id] = nil
                }
            case 2, 3:
                world.newest += Int64(1 + random.next() % 40)
                world.kept = max(1, world.newest - 60)
                if random.next() % 4 != 0 { world.feed.wake(world.newest) }
            case 4: world.feed.settle()
            case 5: world.feed.look(sequence: world.newest, isOver: false)
            case 6 where request == nil:
                if let wanted = world.feed.nextRequest() {
                    request = (wanted, world.reading(wanted, limit: 1 + Int(random.next() % 100)))
                }
            case 7:
                if let (wanted, reading) = request {
                    if random.next() % 8 == 0 {
                        world.feed.fail()
                    } else {
                        _ = world.feed.finish(wanted, with: reading)
                    }
                    request = nil
                }
            default:
                guard let id = positions.keys.randomElement(using: &random) else { continue }
                for case .line(let line) in (0..<random.next() % 20).compactMap({ _ in world.feed.pull(id) }) {
                    let isSnapshot = String(buffer: line.text).hasPrefix("snapshot")
                    if let position = positions[id] ?? nil, !isSnapshot {
                        try #require(line.sequence == position + 1, "seed \(seed)")
                    } else {
                        try #require(isSnapshot, "seed \(seed)")
                    }
                    positions[id] = line.sequence
                }
            }
        }
        // In the end everybody has everything.
        if let (wanted, reading) = request { _ = world.feed.finish(wanted, with: reading) }
        world.feed.settle()
        world.feed.look(sequence: world.newest, isOver: false)
        for _ in 0..<200 {
            world.read()
            for id in positions.keys {
                for case .line(let line) in world.drain(id) { positions[id] = line.sequence }
            }
        }
        for (id, position) in positions { #expect(position == world.newest, "seed \(seed), listener \(id)") }
    }
}

/// A small generator that a seed repeats.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
