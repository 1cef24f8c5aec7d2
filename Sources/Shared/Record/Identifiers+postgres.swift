import Postgres
package import TramlineModel

extension TeamID: PostgresEncodable, PostgresDecodable {}
extension KeyID: PostgresEncodable, PostgresDecodable {}
extension IntegrationID: PostgresEncodable, PostgresDecodable {}
extension GrantID: PostgresEncodable, PostgresDecodable {}
extension CloudID: PostgresEncodable, PostgresDecodable {}
extension ConsentID: PostgresEncodable, PostgresDecodable {}
extension SessionID: PostgresEncodable, PostgresDecodable {}
extension TicketID: PostgresEncodable, PostgresDecodable {}
extension AttachmentID: PostgresEncodable, PostgresDecodable {}
extension JobID: PostgresEncodable, PostgresDecodable {}
extension OperationID: PostgresEncodable, PostgresDecodable {}
extension Marker: PostgresEncodable, PostgresDecodable {}
extension WorkerID: PostgresEncodable, PostgresDecodable {}
extension SiteID: PostgresEncodable, PostgresDecodable {}
extension AuditActor: PostgresEncodable, PostgresDecodable {}
extension Epoch: PostgresEncodable, PostgresDecodable {}
extension JobKind: PostgresEncodable, PostgresDecodable {}
extension JobState: PostgresEncodable, PostgresDecodable {}
extension JobPriority: PostgresEncodable, PostgresDecodable {}
extension FaultCategory: PostgresEncodable, PostgresDecodable {}
extension OperationState: PostgresEncodable, PostgresDecodable {}
extension Ticket.ExportStatus: PostgresEncodable, PostgresDecodable {}
