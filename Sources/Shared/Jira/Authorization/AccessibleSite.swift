import Foundation

/// A site that an access token opens.
package struct AccessibleSite: JiraReadable, Hashable {
    /// Atlassian's id of the site, a UUID in lower case.
    package let cloudID: String
    /// What browsers open.
    package let url: String
    package let name: String
    package let scopes: [String]

    package init?(_ json: JiraJSON) {
        guard let id = json["id"]?.string.flatMap(UUID.init(uuidString:)), let url = json["url"]?.string else {
            return nil
        }
        cloudID = id.uuidString.lowercased()
        self.url = url
        name = json["name"]?.string ?? ""
        scopes = json["scopes"]?.strings ?? []
    }
}
