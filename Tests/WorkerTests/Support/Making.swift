import Foundation
import Jira
import TramlineModel

@testable import Worker

/// Values for tests of what is decided without a server.
enum Make {
    static let account = "bot"
    static let start = Date(timeIntervalSince1970: 1_800_000_000)

    static func ticket(_ order: Int = 1, title: String? = nil, parent: Ticket.Parent? = nil) -> Ticket {
        Ticket(
            id: TicketID(),
            ref: "T\(order)",
            exportOrder: order,
            content: TicketContent(title: title ?? "Ticket \(order)"),
            parent: parent,
            marker: Marker(),
            status: .pending,
            issue: nil
        )
    }

    static func operation(
        of ticket: Ticket,
        _ state: OperationState = .uncertain,
        attempt: Int = 1,
        job: JobID = JobID(),
        jiraTime: Date? = nil,
        httpStatus: Int? = nil
    ) -> CreateOperation {
        CreateOperation(
            id: OperationID(),
            ticket: ticket.id,
            job: job,
            epoch: Epoch(rawValue: 1),
            attempt: attempt,
            marker: ticket.marker,
            state: state,
            lowKeyNumber: 0,
            intendedAt: start,
            deadlineAt: start.addingTimeInterval(30),
            jiraTime: jiraTime,
            httpStatus: httpStatus
        )
    }

    static func lost(_ ticket: Ticket, attempt: Int = 1) -> LostCreate {
        LostCreate(newest: operation(of: ticket, attempt: attempt), of: ticket)
    }

    /// An issue as Jira shows it.
    /// - Parameters:
    ///   - property: the marker in its property.
    ///   - after: seconds after ``start``.
    static func issue(
        _ id: Int,
        title: String = "Something",
        property: Marker? = nil,
        labels: [String] = [],
        creator: String = account,
        after seconds: TimeInterval = 1
    ) -> JiraIssue {
        let created = start.addingTimeInterval(seconds)
        let properties: [String: JiraJSON] =
            property.map { [TicketMapping.markerProperty: ["marker": .string($0.description)]] } ?? [:]
        return JiraIssue(
            id: String(id),
            key: "PROJ-\(id)",
            fields: [
                "summary": .string(title), "labels": .array(labels.map { .string($0) }),
                "creator": ["accountId": .string(creator), "displayName": "Somebody"],
                "created": .string(
                    created.formatted(
                        .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(
                            separator: .omitted
                        )
                    )
                ),
            ],
            properties: properties
        )
    }

    static func claim(_ kind: JobKind = .export, job id: JobID = JobID()) -> JobClaim {
        let job = Job(
            id: id,
            kind: kind,
            state: .running,
            team: TeamID(),
            session: SessionID(),
            site: nil,
            priority: .person,
            attempts: 0,
            maximumAttempts: 5,
            deaths: 0,
            epoch: Epoch(rawValue: 1),
            worker: nil,
            createdAt: start,
            startedAt: nil,
            finishedAt: nil,
            runAt: start,
            cancelRequested: false,
            payload: "{}",
            fault: nil
        )
        return JobClaim(job: job, worker: WorkerID(rawValue: "w"))
    }
}
