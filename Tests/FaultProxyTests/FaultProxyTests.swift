import FaultProxy
import NIOCore
import NIOPosix
import Testing

@Suite("A proxy that misbehaves on demand", .timeLimit(.minutes(1)))
struct FaultProxyTests {
    private func withProxy(_ body: @Sendable (FaultProxy) async throws -> Void) async throws {
        try await EchoServer.run { port in try await FaultProxy.run(to: port, body) }
    }

    @Test("It passes bytes both ways, and counts them")
    func pass() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("hello")
                #expect(try await wire.read(5) == "hello")
            }
            let traffic = try await proxy.traffic { $0.open == 0 }
            #expect(traffic.made == 1 && traffic.given[.toServer] == 5 && traffic.taken[.toServer] == 5)
        }
    }

    @Test("While it holds nothing arrives; afterwards everything does")
    func hold() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("a")
                #expect(try await wire.read(1) == "a")
                await proxy.set(.hold, .toServer)
                try await wire.send("bc")
                let traffic = try await proxy.traffic { $0.kept(.toServer) == 2 }
                #expect(traffic.taken[.toClient] == 1)
                await proxy.set(.pass)
                #expect(try await wire.read(2) == "bc")
            }
        }
    }

    @Test("What it drops is lost, and afterwards the connection is reset")
    func drop() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                await proxy.set(.drop)
                try await wire.send("a")
                try await proxy.traffic { $0.kept(.toServer) == 1 }
                #expect(proxy.traffic.open == 1)
                await proxy.set(.pass)
                await #expect(throws: IOError.self) { try await wire.read(1) }
            }
        }
    }

    @Test("A reset reaches the client as a reset, not as an end")
    func reset() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("a")
                _ = try await wire.read(1)
                await proxy.resetConnections()
                let error = await #expect(throws: IOError.self) { try await wire.read(1) }
                #expect(error?.errnoCode == ECONNRESET)
            }
        }
    }

    @Test("An answer breaks off after so many bytes")
    func breakOff() async throws {
        try await withProxy { proxy in
            await proxy.set(.reset(after: 3), .toClient)
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("hello")
                #expect(try await wire.read(3) == "hel")
                await #expect(throws: IOError.self) { try await wire.read(1) }
            }
        }
    }

    @Test(
        "What trickles or is delayed arrives whole",
        arguments: [
            Flow.trickle(bytes: 3, every: .milliseconds(1)), .delay(.milliseconds(5)),
        ]
    )
    func slow(_ flow: Flow) async throws {
        try await withProxy { proxy in
            await proxy.set(flow)
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("hello, ")
                try await wire.send("world")
                #expect(try await wire.read(12) == "hello, world")
            }
        }
    }

    @Test("One direction ends and the other goes on")
    func halfClose() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("a")
                #expect(try await wire.read(1) == "a")
                await proxy.closeHalf(.toServer)
                // The server has heard of the end, and answers it.
                #expect(try await wire.read(3) == "end")
            }
        }
    }

    @Test("A client's own end reaches the server")
    func end() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                wire.outbound.finish()
                let answer = try await wire.read(3)
                #expect(answer == "end")
            }
            try await proxy.traffic { $0.open == 0 }
        }
    }

    @Test("Refused connections are refused; those that stand go on, and later ones are taken again")
    func refuse() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("a")
                #expect(try await wire.read(1) == "a")
                await proxy.refuse()
                await #expect(throws: (any Error).self) { try await Wire.connect(to: proxy.port) { _ in } }
                try await wire.send("b")
                #expect(try await wire.read(1) == "b")
                try await proxy.accept()
                try await Wire.connect(to: proxy.port) { second in
                    try await second.send("c")
                    #expect(try await second.read(1) == "c")
                }
            }
        }
    }

    @Test("A server that is not there is a reset")
    func nobody() async throws {
        try await withProxy { proxy in
            // Nobody can listen on port 1 but root, and nobody does.
            await proxy.redirect(to: 1)
            // The reset may come while the client still makes its connection ready.
            await #expect(throws: (any Error).self) {
                try await Wire.connect(to: proxy.port) { wire in _ = try await wire.read(1) }
            }
            try await proxy.traffic { $0.made == 1 && $0.open == 0 }
        }
    }

    @Test("New connections are led elsewhere, those that stand are not")
    func redirect() async throws {
        try await withProxy { proxy in
            try await Wire.connect(to: proxy.port) { wire in
                try await wire.send("a")
                #expect(try await wire.read(1) == "a")
                await proxy.redirect(to: 1)
                try await wire.send("b")
                #expect(try await wire.read(1) == "b")
            }
        }
    }
}
