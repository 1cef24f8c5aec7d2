extension JiraClient {
    /// How a link type is named in a request.
    package enum LinkTypeReference: Sendable, Hashable {
        case id(String)
        case name(String)
    }

    /// The types of links of the site. 404 when linking is off.
    package func linkTypes() async throws(JiraError) -> JiraReply<[JiraLinkType]> {
        try await send(.get("/rest/api/3/issueLinkType", "/rest/api/3/issueLinkType")) {
            $0["issueLinkTypes"]?.list(of: { JiraLinkType($0) })
        }
    }

    /// Makes `blocker` block `blocked`.
    ///
    /// - SeeAlso: ``createLink(type:from:to:)``
    package func createLink(
        blocker: String,
        blocked: String,
        type: LinkTypeReference = .name("Blocks")
    ) async throws(JiraError) -> JiraReply<Void> {
        try await createLink(type: type, from: blocker, to: blocked)
    }

    /// Links two issues, so that `source` shows the type's *outward* words and `target` its *inward* words: with
    /// "Blocks", source "blocks" target and target "is blocked by" source.
    ///
    /// The request has it the other way round from what one expects: the **source goes into `inwardIssue`**, the
    /// target into `outwardIssue`. It fits what reading shows (an issue shows the *other* end: the source shows an
    /// `outwardIssue`), and the specification says so of reading: "Provides details about the linked issue. If
    /// presenting this link in a user interface, use the `inward` field of the issue link type to label the link."
    /// (of `inwardIssue`). Its words about writing, "the from (outward) issue", led others to links the wrong way
    /// round.
    ///
    /// Safe to repeat: "If the link request duplicates a link, the response indicates that the issue link was
    /// created", and there is no second one.
    /// - Parameters:
    ///   - source: key of the issue that does what the type says.
    ///   - target: key of the issue it is done to.
    /// - Throws: ``JiraError``; `.notFound` when linking is off or one of the issues is not to be seen, `.tooLarge`
    ///   when one has too many links.
    /// - SeeAlso: https://developer.atlassian.com/cloud/jira/platform/issue-linking-model/
    package func createLink(
        type: LinkTypeReference,
        from source: String,
        to target: String
    ) async throws(JiraError) -> JiraReply<Void> {
        let reference: JiraJSON
        switch type {
        case .id(let id): reference = ["id": .string(id)]
        case .name(let name): reference = ["name": .string(name)]
        }
        let body: JiraJSON = [
            "type": reference,
            "inwardIssue": ["key": .string(source)],
            "outwardIssue": ["key": .string(target)],
        ]
        return try await send(.post("/rest/api/3/issueLink", json: body.encoded()))
    }

    /// The links of an issue, each seen from this issue.
    package func links(ofIssue key: String) async throws(JiraError) -> JiraReply<[JiraIssueLink]> {
        try await issue(key, fields: ["issuelinks"]).map(\.links)
    }
}
