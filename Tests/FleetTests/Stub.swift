import Testing

@Suite struct FleetStub {}
