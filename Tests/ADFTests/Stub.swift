import Testing

@Suite struct ADFStub {}
