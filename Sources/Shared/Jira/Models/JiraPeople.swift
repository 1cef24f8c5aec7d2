/// A user as far as this account may see them.
package struct JiraUser: JiraReadable, Hashable {
    /// What kind of account it is.
    package enum AccountType: Sendable, Hashable {
        case atlassian, app, customer
        case other(String)

        init(_ word: String) {
            switch word {
            case "atlassian": self = .atlassian
            case "app": self = .app
            case "customer": self = .customer
            default: self = .other(word)
            }
        }
    }

    package let accountID: String
    package let accountType: AccountType
    /// Depends on the person's privacy settings; may be any text.
    package let displayName: String
    /// Often hidden.
    package let emailAddress: String?
    package let isActive: Bool
    /// The profile's zone, an IANA name; often hidden.
    package let timeZone: String?

    package init(
        accountID: String,
        accountType: AccountType = .atlassian,
        displayName: String,
        emailAddress: String? = nil,
        isActive: Bool = true,
        timeZone: String? = nil
    ) {
        self.accountID = accountID
        self.accountType = accountType
        self.displayName = displayName
        self.emailAddress = emailAddress
        self.isActive = isActive
        self.timeZone = timeZone
    }

    package init?(_ json: JiraJSON) {
        guard let accountID = json["accountId"]?.string, !accountID.isEmpty else { return nil }
        self.init(
            accountID: accountID,
            accountType: AccountType(json["accountType"]?.string ?? "atlassian"),
            displayName: json["displayName"]?.string ?? "",
            emailAddress: json["emailAddress"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            isActive: json["active"]?.bool ?? true,
            timeZone: json["timeZone"]?.string
        )
    }
}
