import Testing

@Suite struct DeliveryStub {}
