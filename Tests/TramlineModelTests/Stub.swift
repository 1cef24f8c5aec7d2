import Testing

@Suite struct TramlineModelStub {}
