import Foundation
import Postgres
import Record
import Secrets

@testable import API

extension ConsentDesk {
    /// Sends people to a server that is not there.
    static func forTests(_ pool: PostgresPool, box: SecretBox = SecretBox(key: SecretKey())) -> ConsentDesk {
        ConsentDesk(
            configuration: Configuration(
                clientID: "the client",
                serverURL: URL(string: "https://auth.example")!,
                publicURL: URL(string: "https://tramline.example/base")!
            ),
            consents: ConsentStore(pool: pool),
            box: box
        )
    }
}
