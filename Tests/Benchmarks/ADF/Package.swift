// swift-tools-version:6.2

import PackageDescription

/// The benchmark of the ADF module, and a fuzzer, apart from the main package so that they build without its dependencies.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "adf-benchmarks",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CGumbo", pkgConfig: "gumbo", providers: [.apt(["libgumbo-dev"])]),
        .target(name: "ADF", dependencies: ["CGumbo"], swiftSettings: settings),
        .executableTarget(name: "adf-benchmark", dependencies: ["ADF"], swiftSettings: settings),
    ]
)
