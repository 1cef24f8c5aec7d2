import Testing

@Suite struct JiraSimulatorStub {}
