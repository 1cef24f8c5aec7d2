// swift-tools-version:6.2

import PackageDescription

/// Swift 6 mode comes with the tools version; these go further.
let features: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// With `TRAMLINE_STRICT` set, as `Tests/run` sets it, a warning in our code is an error. Not otherwise: a newer compiler
/// may see more, which should stop nobody's build.
let strictness: [SwiftSetting] =
    Context.environment["TRAMLINE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// One set of compiler settings for every target of ours.
let settings = features + strictness

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncAlgorithms = product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioFoundation = product(name: "NIOFoundationCompat", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
}

/// A module of the house: a folder of `Sources/Shared`, one target each.
func module(_ name: String, _ dependencies: [Target.Dependency], embedding: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/Shared/\(name)",
        resources: embedding.map { .embedInCode($0) },
        swiftSettings: settings
    )
}

/// A C library of the system, from Debian's package.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// Tests of one module, with the test equipment at hand.
func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestEquipment"] + dependencies,
        path: "Tests/\(name)Tests",
        swiftSettings: settings
    )
}

let package = Package(
    name: "tramline",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tramline-api", targets: ["API"]),
        .executable(name: "tramline-worker", targets: ["Worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // The C libraries.
        system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        system("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev"),
        system("CGumbo", pkgConfig: "gumbo", apt: "libgumbo-dev"),

        // What both executables share. Imports point upwards in this list only.
        module("CrashPoints", []),
        module("TramlineModel", [.crypto]),
        module("Telemetry", [.logging, .metrics]),
        module("Secrets", [.crypto]),
        module("Settings", ["TramlineModel", "Telemetry", "Secrets", .configuration, .logging]),
        module("ADF", ["CGumbo"]),
        module("Postgres", ["CLibPQ", .logging, .metrics, .serviceLifecycle]),
        module(
            "Redis",
            ["CHiredis", .nioCore, .nioPosix, .nioSSL, .logging, .metrics, .serviceLifecycle]
        ),
        module("Jira", [.asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
        module("Record", ["TramlineModel", "Postgres"], embedding: ["Migrations"]),
        module(
            "Delivery",
            ["CrashPoints", "TramlineModel", "Redis", .serviceLifecycle, .logging],
            embedding: ["Lua"]
        ),
        module(
            "Jobs",
            [
                "CrashPoints", "TramlineModel", "Telemetry", "Record", "Delivery", "Postgres", "Redis",
                .serviceLifecycle,
                .logging, .metrics,
            ]
        ),
        module(
            "Console",
            [
                "TramlineModel", "Telemetry", "Settings", "Secrets", "Postgres", "Redis", "Record", "Delivery",
                .argumentParser, .logging,
            ]
        ),

        // What ships.
        .executableTarget(
            name: "API",
            dependencies: [
                "CrashPoints", "TramlineModel", "Telemetry", "Settings", "Secrets", "ADF", "Postgres", "Redis",
                "Record", "Delivery", "Jobs", "Console", .argumentParser, .hummingbird, .hummingbirdCore, .httpTypes,
                .logging, .metrics, .nioCore,
                .nioPosix, .nioSSL, .nioHTTP1, .nioHTTPTypes, .nioHTTPTypesHTTP1, .nioWebSocket, .nioFoundation,
                .serviceLifecycle, .unixSignals,
            ],
            path: "Sources/API",
            resources: [.embedInCode("OpenAPI/openapi.json")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Worker",
            dependencies: [
                "CrashPoints", "TramlineModel", "Telemetry", "Settings", "Secrets", "ADF", "Jira", "Postgres", "Redis",
                "Record", "Delivery", "Jobs", "Console", .argumentParser, .httpTypes, .hummingbird, .logging, .metrics,
                .nioCore, .serviceLifecycle, .unixSignals,
            ],
            path: "Sources/Worker",
            swiftSettings: settings
        ),

        // Test equipment: nothing above may reach it.
        .target(
            name: "TestEquipment",
            dependencies: ["TramlineModel", "Postgres", "Redis", "Record", .logging],
            path: "Tests/Support/TestEquipment",
            swiftSettings: settings
        ),
        .target(
            name: "JiraSimulator",
            dependencies: [
                .crypto, .hummingbirdCore, .httpTypes, .logging, .nioCore, .nioPosix, .nioHTTPTypes, .serviceLifecycle,
            ],
            path: "Tests/Support/JiraSimulator",
            swiftSettings: settings
        ),
        .target(
            name: "FaultProxy",
            dependencies: [.nioCore, .nioPosix],
            path: "Tests/Support/FaultProxy",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "jira-simulator",
            dependencies: ["JiraSimulator", .argumentParser, .logging, .serviceLifecycle, .unixSignals],
            path: "Tests/Support/JiraSimulatorCommand",
            swiftSettings: settings
        ),

        tests(of: "CrashPoints", []),
        tests(of: "TramlineModel", []),
        tests(of: "Settings", ["TramlineModel", "Telemetry", "Secrets", .logging]),
        tests(of: "Secrets", []),
        tests(of: "Telemetry", [.metrics, .logging]),
        tests(of: "ADF", []),
        tests(of: "Postgres", [.logging, .serviceLifecycle]),
        tests(of: "Redis", ["FaultProxy", .logging, .nioCore, .nioEmbedded]),
        tests(of: "Jira", ["JiraSimulator", .logging, .nioCore, .nioPosix]),
        tests(of: "Record", ["TramlineModel", "Postgres"]),
        tests(of: "Delivery", ["FaultProxy", "TramlineModel", "Redis", .logging]),
        tests(
            of: "Jobs",
            [
                "TramlineModel", "Telemetry", "Record", "Delivery", "Postgres", "Redis", "FaultProxy", .logging,
                .nioCore, .serviceLifecycle,
            ]
        ),
        tests(of: "Console", ["TramlineModel"]),
        tests(of: "FaultProxy", [.nioCore, .nioPosix]),
        tests(of: "JiraSimulator", [.asyncHTTPClient, .httpTypes, .nioCore, .nioHTTP1]),
        tests(
            of: "API",
            [
                "Console", "TramlineModel", "Record", "Delivery", "Jobs", "Secrets", "Postgres", "Redis",
                .argumentParser,
                .asyncHTTPClient, .hummingbird, .hummingbirdCore, .hummingbirdTesting, .httpTypes, .logging, .nioCore,
                .nioEmbedded, .nioFoundation, .nioHTTP1, .nioHTTPTypes, .nioPosix, .nioWebSocket, .serviceLifecycle,
            ]
        ),
        tests(
            of: "Worker",
            [
                "Console", "TramlineModel", "Telemetry", "ADF", "Delivery", "Jira", "JiraSimulator", "Jobs", "Postgres",
                "Record", "Redis", "Secrets",
                .logging, .serviceLifecycle,
            ]
        ),
        .testTarget(
            name: "FleetTests",
            dependencies: [
                "CrashPoints", "FaultProxy", "TestEquipment", "JiraSimulator", "Postgres", "Redis", .nioCore, .nioPosix,
                .nioHTTP1, .nioWebSocket, .nioFoundation,
            ],
            path: "Tests/FleetTests",
            swiftSettings: settings
        ),
    ]
)
