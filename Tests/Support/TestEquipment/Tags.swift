package import Testing

extension Tag {
    /// Needs a PostgreSQL server.
    @Tag package static var postgres: Self
    /// Needs a Redis server.
    @Tag package static var redis: Self
    /// Starts the built executables.
    @Tag package static var fleet: Self
}
