import Testing

@Suite struct PostgresStub {}
