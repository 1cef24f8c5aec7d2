import Foundation

/// How far a session's export is: counted from the record, never remembered.
package struct ExportCounts: Sendable, Hashable {
    package var totalTickets: Int
    package var exportedTickets: Int
    package var failedTickets: Int
    package var totalAttachments: Int
    /// Uploaded, or refused and recorded as a manual fix.
    package var settledAttachments: Int
    package var totalLinks: Int
    package var linkedLinks: Int
    /// Linked, or refused and recorded as a manual fix.
    package var settledLinks: Int
    package var manualFixes: Int
    /// The first ticket, in the order of creation, that is not in Jira yet.
    package var nextTicketOrder: Int?
    package var nextTicketTitle: String?
    /// The ticket of the first file that is still to be sent, else of the first link that is still to be made.
    package var unfinishedTicketOrder: Int?

    package init(
        totalTickets: Int,
        exportedTickets: Int,
        failedTickets: Int,
        totalAttachments: Int,
        settledAttachments: Int,
        totalLinks: Int,
        linkedLinks: Int,
        settledLinks: Int,
        manualFixes: Int,
        nextTicketOrder: Int?,
        nextTicketTitle: String?,
        unfinishedTicketOrder: Int? = nil
    ) {
        self.totalTickets = totalTickets
        self.exportedTickets = exportedTickets
        self.failedTickets = failedTickets
        self.totalAttachments = totalAttachments
        self.settledAttachments = settledAttachments
        self.totalLinks = totalLinks
        self.linkedLinks = linkedLinks
        self.settledLinks = settledLinks
        self.manualFixes = manualFixes
        self.nextTicketOrder = nextTicketOrder
        self.nextTicketTitle = nextTicketTitle
        self.unfinishedTicketOrder = unfinishedTicketOrder
    }

    /// The ticket, by its place in the order of creation, at which the work goes on, and at which an export has failed whose
    /// fault is about none: the first that is not in Jira; where all are, the first that lacks a file or a link; where
    /// nothing is left to do, the last.
    package var resumingTicketOrder: Int { nextTicketOrder ?? unfinishedTicketOrder ?? max(1, totalTickets) }

    /// The requests still to come that the gate spaces.
    package var remainingWrites: Int {
        totalTickets - exportedTickets + totalAttachments - settledAttachments + totalLinks - settledLinks
    }

    private var totalWrites: Int { totalTickets + totalAttachments + totalLinks }

    /// 0...100 with one decimal; 100 when there is nothing to do.
    package var percentage: Double {
        guard totalWrites > 0 else { return 100 }
        return (Double(totalWrites - remainingWrites) / Double(totalWrites) * 1000).rounded() / 10
    }

    /// What is done next, in words.
    package var currentStage: String {
        if let order = nextTicketOrder, let title = nextTicketTitle {
            return "Creating ticket \(order) of \(totalTickets): \(title)"
        }
        if settledAttachments < totalAttachments {
            return "Uploading attachment \(settledAttachments + 1) of \(totalAttachments)"
        }
        if settledLinks < totalLinks {
            return "Creating dependency \(settledLinks + 1) of \(totalLinks)"
        }
        return "Finishing"
    }

    /// When the rest will have been done, because the spacing is known: whole minutes, rounded up.
    /// - Parameters:
    ///   - spacing: of the site's gate.
    ///   - ahead: other jobs' requests that wait at the same gate.
    package func minutesRemaining(spacing: Duration, ahead: Int = 0) -> Int {
        Int((Double(remainingWrites + ahead) * spacing.inSeconds / 60).rounded(.up))
    }
}
