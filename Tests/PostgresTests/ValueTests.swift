import Foundation
import Postgres
import TestEquipment
import Testing

/// Values go to the server and come back the same.
@Suite(.postgres, .tags(.postgres), .timeLimit(.minutes(1)))
struct ValueTests {
    private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable>(
        _ values: [Value],
        _ pool: PostgresPool,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        for value in values {
            let result = try await pool.query("SELECT \(value)")
            #expect(try result.scalar(as: Value.self) == value, sourceLocation: location)
        }
        let array = try await pool.query("SELECT \(values)")
        #expect(try array.scalar(as: [Value].self) == values, sourceLocation: location)
        let sparse = [nil] + values.map { Optional($0) } + [nil]
        let result = try await pool.query("SELECT \(sparse), \(Value?.none), \([Value]())")
        #expect(try result[0].get(0, as: [Value?].self) == sparse, sourceLocation: location)
        #expect(try result[0].get(1, as: Value?.self) == nil, sourceLocation: location)
        #expect(try result[0].get(2, as: [Value].self) == [], sourceLocation: location)
    }

    @Test("Every type makes the round trip, alone, in arrays, and beside NULL")
    func roundTrips() async throws {
        try await withPostgres { pool in
            try await roundTrip([true, false], pool)
            try await roundTrip([0, 1, -1, Int.max, Int.min], pool)
            try await roundTrip([0, Int64.max, Int64.min], pool)
            try await roundTrip([0, Int32.max, Int32.min], pool)
            try await roundTrip([0, Int16.max, Int16.min], pool)
            try await roundTrip([0, -0.0, 1.5, .pi, .infinity, -.infinity, .leastNonzeroMagnitude], pool)
            try await roundTrip([0, 1.5, Float.greatestFiniteMagnitude], pool)
            try await roundTrip(
                ["", "a", "naïve 🚊 𝕋ramline", "\u{1}\t\n\"'\\{},NULL", String(repeating: "é", count: 70_000)],
                pool
            )
            try await roundTrip([UUID(), UUID(uuidString: "00000000-0000-0000-0000-000000000000")!], pool)
            try await roundTrip([Data(), Data([0, 1, 0, 255]), Data(repeating: 0, count: 100_000)], pool)
            try await roundTrip([[], [UInt8(0)], Array(0...255)], pool)
            try await roundTrip([PostgresJSON("{\"a\": [1, null, \"🚊\"]}"), PostgresJSON("null")], pool)
        }
    }

    @Test("An instant keeps its microseconds, and the infinities are the distant past and future")
    func instants() async throws {
        try await withPostgres { pool in
            let seconds: [TimeInterval] = [0, -1.5, 1_000_000, 817_434_061.123456, -3_155_673_600]
            let dates = seconds.map { Date(timeIntervalSinceReferenceDate: $0) }
            try await roundTrip(dates + [.distantFuture, .distantPast], pool)
            let row = try await pool.query(
                """
                SELECT \(Date.distantFuture) = 'infinity' AS future, \(Date.distantPast) = '-infinity' AS past,
                    \(Date(timeIntervalSinceReferenceDate: .infinity)) = 'infinity' AS beyond,
                    to_char(\(dates[3]) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS text,
                    '2026-11-21 03:00:00.000001+00'::timestamptz AS instant,
                    '2026-11-21'::date AS day, '2026-11-21 01:00'::timestamp AS naive
                """
            ).only()
            #expect(try row.get("future") && row.get("past") && row.get("beyond"))
            #expect(try row.get("text") == "2026-11-27 01:01:01.123456")
            #expect(abs(try row.get("instant", as: Date.self).timeIntervalSince1970 - 1_795_230_000.000001) < 2e-7)
            #expect(try row.get("day", as: Date.self).timeIntervalSince1970 == 1_795_219_200)
            #expect(try row.get("naive", as: Date.self).timeIntervalSince1970 == 1_795_222_800)
        }
    }

    @Test(
        "A numeric is read as text, number and integer",
        arguments: [
            "0", "1", "-1", "10000", "123456789012345", "0.5", "-0.00001234", "12345.6789", "1.50", "100000000.000001",
            "9223372036854775807", "-9223372036854775808", "9223372036854775808", "NaN", "Infinity", "-Infinity",
        ]
    )
    func numerics(text: String) async throws {
        try await withPostgres { pool in
            let row = try await pool.query("SELECT \(text)::numeric AS number, (\(text)::numeric)::text AS text").only()
            #expect(try row.get("number", as: String.self) == row.get("text"))
            let double = try row.get("number", as: Double.self)
            #expect(double == Double(text) || (double.isNaN && text == "NaN"))
            if let integer = Int(text) {
                #expect(try row.get("number", as: Int.self) == integer)
            } else {
                #expect(throws: PostgresError.self) { try row.get("number", as: Int.self) }
            }
        }
    }

    private enum Colour: String, PostgresEncodable, PostgresDecodable { case red, green }

    @Test("Enums, other texts and untyped parameters")
    func texts() async throws {
        try await withPostgres { pool in
            try await pool.withConnection { connection in
                try await connection.simple("CREATE TYPE colour AS ENUM ('red', 'green'); CREATE DOMAIN short AS text")
                let row = try await connection.query(
                    """
                    SELECT \(Colour.green)::colour AS colour, \([Colour.red])::colour[] AS colours, \(PostgresUntyped("red"))::colour AS red,
                        'x'::short AS short, 'n'::name AS name, 'c'::char(2) AS padded, 'j' AS unknown,
                        '{"b":1, "a":2}'::json AS json, 'infinity'::float8 > 1 AS bool
                    """
                ).only()
                #expect(try row.get("colour") == Colour.green)
                #expect(try row.get("colours") == [Colour.red])
                #expect(try row.get("red", as: String.self) == "red")
                #expect(try row.get("short", as: String.self) == "x")
                #expect(try row.get("name", as: String.self) == "n")
                #expect(try row.get("padded", as: String.self) == "c ")
                #expect(try row.get("json", as: PostgresJSON.self).text == "{\"b\":1, \"a\":2}")
                #expect(row.columns.map(\.name).count == 9)
            }
        }
    }

    @Test("What PostgreSQL cannot hold is refused before it is sent")
    func refusals() async throws {
        try await withPostgres { (pool) async throws in
            let queries: [PostgresQuery] = [
                "SELECT \("a\0b")", "SELECT \(["a\0b"])", "SELECT \(Date(timeIntervalSinceReferenceDate: .nan))",
                "SELECT \([[1]])", "SELECT \(PostgresUntyped("\0"))::text",
            ]
            for query in queries {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(query) }
                #expect(error?.code == .encoding)
            }
            #expect(try await pool.query("SELECT 1").scalar() == 1)
        }
    }

    @Test("A column of another type, NULL, or absent is a fault that names the column and hides the value")
    func faults() async throws {
        try await withPostgres { pool in
            let row = try await pool.query(
                "SELECT 'secret' AS text, NULL::int AS nothing, 70000 AS big, ARRAY[[1]] AS deep"
            ).only()
            func fault<Value: PostgresDecodable>(_ column: String, _: Value.Type) throws -> PostgresError {
                try #require(throws: PostgresError.self) { try row.get(column, as: Value.self) }
            }
            let errors = [
                try fault("text", Int.self), try fault("text", UUID.self), try fault("nothing", Int.self),
                try fault("big", Int16.self), try fault("deep", [Int].self), try fault("absent", Int.self),
            ]
            for error in errors {
                #expect(error.code == .decoding)
                #expect(!error.debugDescription.contains("secret"))
            }
            #expect(errors[0].message.contains("text"))
            #expect(try row.isNull("nothing"))
        }
    }
}
