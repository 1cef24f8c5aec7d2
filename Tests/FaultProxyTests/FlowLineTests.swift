import NIOCore
import Testing

@testable import FaultProxy

@Suite("One direction of a proxied connection")
struct FlowLineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func after(_ milliseconds: Int64) -> NIODeadline { start + .milliseconds(milliseconds) }

    private static func bytes(_ text: String) -> FlowLine.Item { .bytes(ByteBuffer(string: text)) }

    private static func text(_ output: FlowLine.Output) -> [String] { output.writes.map { String(buffer: $0) } }

    private static func open(_ flow: Flow) -> FlowLine {
        var line = FlowLine(flow)
        _ = line.open(at: start)
        return line
    }

    @Test("Nothing goes out before the receiver is there")
    func closed() {
        var line = FlowLine(.pass)
        #expect(Self.text(line.take(Self.bytes("a"), at: Self.start)).isEmpty)
        #expect(Self.text(line.open(at: Self.start)) == ["a"])
    }

    @Test("What is delayed goes out at its time and in its order, its end too")
    func delay() {
        var line = Self.open(.delay(.milliseconds(100)))
        #expect(line.take(Self.bytes("a"), at: Self.start).wake == Self.after(100))
        #expect(Self.text(line.take(Self.bytes("b"), at: Self.after(60))).isEmpty)
        _ = line.take(.end, at: Self.after(70))
        let first = line.advance(at: Self.after(100))
        #expect(Self.text(first) == ["a"] && !first.ends && first.wake == Self.after(160))
        let last = line.advance(at: Self.after(170))
        #expect(Self.text(last) == ["b"] && last.ends)
    }

    @Test("What trickles goes out so many bytes at a time")
    func trickle() {
        var line = Self.open(.trickle(bytes: 2, every: .milliseconds(10)))
        let first = line.take(Self.bytes("abcde"), at: Self.start)
        #expect(Self.text(first) == ["ab"] && first.wake == Self.after(10))
        #expect(Self.text(line.advance(at: Self.after(9))).isEmpty)
        #expect(Self.text(line.advance(at: Self.after(10))) == ["cd"])
        let last = line.take(.end, at: Self.after(20))
        #expect(Self.text(last) == ["e"] && last.ends)
    }

    @Test("What is held goes out when the flow changes")
    func hold() {
        var line = Self.open(.hold)
        #expect(Self.text(line.take(Self.bytes("a"), at: Self.start)).isEmpty)
        #expect(Self.text(line.take(Self.bytes("b"), at: Self.start)).isEmpty)
        #expect(line.waiting == 2)
        #expect(Self.text(line.set(.pass, at: Self.after(1))) == ["a", "b"])
        #expect(line.waiting == 0)
    }

    @Test("What is dropped never comes, and the loss is told when the flow changes")
    func drop() {
        var line = Self.open(.drop)
        #expect(Self.text(line.take(Self.bytes("a"), at: Self.start)).isEmpty)
        let output = line.set(.pass, at: Self.after(1))
        #expect(output.writes.isEmpty && output.resets)
    }

    @Test("A connection that has lost nothing outlives a drop")
    func harmlessDrop() {
        var line = Self.open(.drop)
        #expect(!line.set(.pass, at: Self.after(1)).resets)
    }

    @Test("So many bytes pass, then comes the reset")
    func reset() {
        var line = Self.open(.reset(after: 3))
        let first = line.take(Self.bytes("ab"), at: Self.start)
        #expect(Self.text(first) == ["ab"] && !first.resets)
        let last = line.take(Self.bytes("cd"), at: Self.start)
        #expect(Self.text(last) == ["c"] && last.resets)
    }

    @Test("A sender's reset comes after what it sent before")
    func abort() {
        var line = Self.open(.hold)
        _ = line.take(Self.bytes("a"), at: Self.start)
        #expect(!line.take(.abort, at: Self.start).resets)
        let output = line.set(.pass, at: Self.after(1))
        #expect(Self.text(output) == ["a"] && output.resets)
    }
}
