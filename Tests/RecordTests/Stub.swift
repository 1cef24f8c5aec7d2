import Testing

@Suite struct RecordStub {}
