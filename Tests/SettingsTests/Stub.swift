import Testing

@Suite struct SettingsStub {}
