import Foundation
import Jira
import Testing
import TramlineModel

@testable import Worker

@Suite("What issues say about lost creates")
struct EvidenceTests {
    private func evidence(_ lost: [LostCreate], account: String? = Make.account) -> Evidence {
        let windows = lost.map { ($0.marker, JiraWindow($0.operation, databaseNow: Make.start, jiraNow: Make.start)) }
        return Evidence(lost, windows: Dictionary(uniqueKeysWithValues: windows), account: account)
    }

    @Test("The property proves, whoever made the issue and whatever it is called by now")
    func property() {
        let ticket = Make.ticket()
        var evidence = evidence([Make.lost(ticket)])
        evidence.see(Make.issue(7, title: "Renamed", property: ticket.marker, creator: "somebody"))
        #expect(evidence.proven(ticket.marker).map(\.id) == ["7"])
        #expect(evidence.isConclusive)
    }

    @Test("The label proves for our own account, but not on a clone by somebody else, nor against another property")
    func label() {
        let ticket = Make.ticket()
        let label = ticket.marker.label
        var evidence = evidence([Make.lost(ticket)])
        evidence.see(Make.issue(8, labels: [label], creator: "somebody"))
        evidence.see(Make.issue(9, property: Marker(), labels: [label]))
        #expect(evidence.proven(ticket.marker).isEmpty)
        evidence.see(Make.issue(7, labels: ["red", label]))
        #expect(evidence.proven(ticket.marker).map(\.id) == ["7"])
    }

    @Test("The oldest is by number, not by text, and an issue that is seen twice counts once")
    func order() {
        let ticket = Make.ticket()
        var evidence = evidence([Make.lost(ticket, attempt: 2)])
        for id in [100, 20, 100] { evidence.see(Make.issue(id, property: ticket.marker)) }
        #expect(evidence.proven(ticket.marker).map(\.id) == ["20", "100"])
        // A second attempt may have made a second issue: there is always more to be seen.
        #expect(!evidence.isConclusive)
    }

    @Test("An issue by our account with the title and no marker at all is a candidate")
    func candidate() {
        let ticket = Make.ticket(title: "Login ")
        var evidence = evidence([Make.lost(ticket)])
        evidence.see(Make.issue(1, title: "Login", creator: "somebody"))
        evidence.see(Make.issue(2, title: "Logout"))
        evidence.see(Make.issue(3, title: "Login", property: Marker()))
        evidence.see(Make.issue(4, title: "Login", labels: [Marker().label]))
        evidence.see(Make.issue(5, title: "Login", after: -121))
        #expect(evidence.candidates(ticket.marker).isEmpty)
        evidence.see(Make.issue(7, title: "Login", after: -119))
        evidence.see(Make.issue(6, title: "Login"))
        #expect(evidence.candidates(ticket.marker).map(\.id) == ["6", "7"])
        evidence.dismiss(["6"])
        #expect(evidence.candidates(ticket.marker).map(\.id) == ["7"])
        #expect(evidence.proven(ticket.marker).isEmpty)
    }

    @Test("Two lost tickets of one title share a candidate; each keeps its own proof")
    func sameTitle() {
        let (one, two) = (Make.ticket(1, title: "Same"), Make.ticket(2, title: "Same"))
        var evidence = evidence([Make.lost(one), Make.lost(two)])
        evidence.see(Make.issue(1, title: "Same", property: two.marker))
        evidence.see(Make.issue(2, title: "Same"))
        #expect(evidence.proven(one.marker).isEmpty && evidence.proven(two.marker).map(\.id) == ["1"])
        #expect(evidence.candidates(one.marker).map(\.id) == ["2"])
    }

    @Test("Without our account's id only the property says anything")
    func nameless() {
        let ticket = Make.ticket(title: "Login")
        var evidence = evidence([Make.lost(ticket)], account: nil)
        evidence.see(Make.issue(1, title: "Login", labels: [ticket.marker.label]))
        evidence.see(Make.issue(2, title: "Login"))
        #expect(evidence.proven(ticket.marker).isEmpty && evidence.candidates(ticket.marker).isEmpty)
    }

    @Test("Only a walk tells how far the project's counter is")
    func newest() {
        let ticket = Make.ticket()
        var evidence = evidence([Make.lost(ticket)])
        evidence.see(Make.issue(1, after: 50))
        #expect(evidence.newest == nil)
        evidence.pass(Make.issue(2, after: 40))
        evidence.pass(Make.issue(3, after: 20))
        #expect(evidence.newest == Make.start.addingTimeInterval(40))
    }
}

@Suite("When a lost issue can have come into being")
struct JiraWindowTests {
    private func window(recorded: TimeInterval?, derived: TimeInterval?) -> (TimeInterval, TimeInterval) {
        let ticket = Make.ticket()
        let operation = Make.operation(of: ticket, jiraTime: recorded.map { Make.start.addingTimeInterval($0) })
        // Ten seconds after the intention, which is given thirty.
        let window = JiraWindow(
            operation,
            databaseNow: Make.start.addingTimeInterval(10),
            jiraNow: derived.map { Make.start.addingTimeInterval($0 + 10) }
        )
        return (
            window.earliest.timeIntervalSince(Make.start), window.deadline.timeIntervalSince(Make.start)
        )
    }

    @Test("It is told by Jira's clock, however far that is from ours")
    func skewed() {
        #expect(window(recorded: 3600, derived: 3600) == (3480, 3632))
        #expect(window(recorded: -3600, derived: -3600) == (-3720, -3568))
    }

    @Test("It spans both readings where Jira's clock was set meanwhile")
    func jumped() {
        #expect(window(recorded: -3600, derived: 0) == (-3720, 32))
        #expect(window(recorded: 0, derived: -3600) == (-3720, 32))
    }

    @Test("One reading will do, and without any our own clock must")
    func missing() {
        #expect(window(recorded: nil, derived: 100) == (-20, 132))
        #expect(window(recorded: 100, derived: nil) == (-20, 132))
        #expect(window(recorded: nil, derived: nil) == (-120, 32))
    }
}
