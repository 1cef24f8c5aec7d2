import Testing

@Suite struct RedisStub {}
