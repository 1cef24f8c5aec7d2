import Foundation
import Testing

@testable import Postgres

/// What needs no server: queries, configurations, errors, the cache, pauses.
@Suite struct QueryTests {
    @Test("Values become numbered parameters, nested queries are numbered on, names are quoted")
    func interpolation() {
        let condition: PostgresQuery = "a = \(1) AND b = \("x")"
        let query: PostgresQuery =
            "SELECT \(true) FROM \(identifier: "we\"ird") WHERE \(condition) \(unescaped: "LIMIT") \(2 as Int?)"
        #expect(query.sql == "SELECT $1 FROM \"we\"\"ird\" WHERE a = $2 AND b = $3 LIMIT $4")
        #expect(query.parameters.map(\.type) == [.bool, .int8, .text, .int8])
        #expect(query.parameters.map(\.length) == [1, 8, 1, 8])
        #expect(query.parameters.map(\.offset) == [0, 1, 9, 10])
        #expect(PostgresQuery.joined(["\(1)", "\(2)", "now()"], separator: ", ").sql == "$1, $2, now()")
        #expect("plain" as PostgresQuery == "plain")
    }

    @Test("Printing a query shows no value")
    func description() {
        let query: PostgresQuery = "SELECT \("secret")"
        var dumped = ""
        dump(query, to: &dumped)
        for text in ["\(query)", String(reflecting: query), dumped] { #expect(!text.contains("secret")) }
    }

    @Test("A configuration is read by libpq's rules and never shows its password")
    func configuration() throws {
        let configuration = try PostgresConfiguration(
            url: "postgres://ann:p%40ss@db.example:6000/tram?sslmode=require&application_name=mine",
            searchPath: "a, b"
        )
        #expect(configuration.value(of: "password") == "p@ss")
        #expect(configuration.value(of: "sslmode") == "require")
        #expect(configuration.value(of: "application_name") == "mine")
        let options = "-c search_path=a,\\ b -c idle_in_transaction_session_timeout=5000"
        #expect(configuration.value(of: "options") == options)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(text.contains("ann@db.example:6000/tram"))
            #expect(!text.contains("p@ss"))
        }
        #expect(configuration.with(database: "other").database == "other")
    }

    @Test(
        "A URL that cannot be used is refused without being quoted",
        arguments: [
            "mysql://a:secret@h/d", "host=h password=secret", "postgres://a:b@h:secret/d",
            "postgres://a:b@h/d?secret=1",
            "postgres://a:b@h/d?sslmode=%zzsecret", "postgres://[secret/d",
        ]
    )
    func badURL(url: String) throws {
        let error = try #require(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error.code == .configuration)
        #expect(!error.debugDescription.contains("secret"))
    }

    @Test("The cache forgets what was used longest ago")
    func cache() {
        var cache = StatementCache(capacity: 2)
        let keys = ["a", "b", "c"].map { StatementCache.Key(sql: $0, types: []) }
        cache.insert(keys[0], name: cache.makeName())
        cache.insert(keys[1], name: cache.makeName())
        #expect(cache.takeOutdated() == [])
        #expect(cache.find(keys[0])?.name == "s1")
        cache.insert(keys[2], name: cache.makeName())
        #expect(cache.takeOutdated() == ["s2"])
        #expect(cache.takeOutdated() == [])
        #expect(cache.find(keys[1]) == nil)
        #expect(cache.remove(keys[0]) == "s1")
        #expect(cache.count == 1)
    }

    @Test("Pauses double up to their bound")
    func backoff() {
        let pauses = (1...7).map { Backoff().pause(failures: $0, unit: 1) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3000, 3000].map { .milliseconds($0) })
        #expect(Backoff().pause(failures: 1000, unit: 0.5) == .seconds(1.5))
    }

    @Test(
        "The server's condition is transient, our statement's fault is not",
        arguments: [
            ("40001", true), ("40P01", true), ("57P01", true), ("57P03", true), ("53300", true), ("08006", true),
            ("55P03", true),
            ("58030", true), ("57014", false), ("23505", false), ("42601", false), ("22P02", false),
        ]
    )
    func transience(state: String, isTransient: Bool) {
        #expect(PostgresError(.server, "", sqlState: state).isTransient == isTransient)
    }
}

extension PostgresQuery {
    fileprivate static func == (left: PostgresQuery, right: PostgresQuery) -> Bool { left.sql == right.sql }
}
