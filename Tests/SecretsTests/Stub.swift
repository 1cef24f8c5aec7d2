import Testing

@Suite struct SecretsStub {}
