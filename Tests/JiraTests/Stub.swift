import Testing

@Suite struct JiraStub {}
