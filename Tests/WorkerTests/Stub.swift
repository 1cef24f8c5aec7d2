import Testing

@Suite struct WorkerStub {}
