import Testing

@Suite struct JobsStub {}
