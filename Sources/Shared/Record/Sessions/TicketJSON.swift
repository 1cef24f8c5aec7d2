import Foundation
import Postgres
import TramlineModel

/// How the members of a ticket that are more than one value stand in their `jsonb` columns: as in the import body.
enum TicketJSON {
    static func encode(_ assignee: Assignee) throws -> PostgresJSON {
        let member: [String: String] =
            switch assignee {
            case .accountID(let id): ["account_id": id]
            case .email(let email): ["email": email]
            case .displayName(let name): ["display_name": name]
            }
        return try PostgresJSON(encoding: member)
    }

    static func assignee(_ json: PostgresJSON) throws -> Assignee {
        let members = try JSONDecoder().decode([String: String].self, from: Data(json.bytes))
        if let id = members["account_id"] { return .accountID(id) }
        if let email = members["email"] { return .email(email) }
        if let name = members["display_name"] { return .displayName(name) }
        throw RecordError(.unreadable, "An assignee names neither account_id, email nor display_name.")
    }

    static func encode(_ sprint: SprintReference) throws -> PostgresJSON {
        switch sprint {
        case .name(let name): try PostgresJSON(encoding: name)
        case .number(let number): PostgresJSON(String(number))
        }
    }

    static func sprint(_ json: PostgresJSON) throws -> SprintReference {
        if let number = Int64(json.text) { return .number(number) }
        return .name(try JSONDecoder().decode(String.self, from: Data(json.bytes)))
    }
}
