import Testing

@Suite struct APIStub {}
