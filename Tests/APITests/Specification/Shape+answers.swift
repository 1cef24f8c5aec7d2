/// The bodies of the specification, member by member, in its words.
extension Shape {
    static let exportStarted = Shape.members([
        "task_id": .uuid, "session_id": .uuid, "status": .word(["exporting"]), "total_tickets": .int,
        "estimated_duration_minutes": .int, "jira_project_key": .string, "started_at": .time,
    ])

    static let exportAlreadyRunning = Shape.members([
        "task_id": .uuid, "session_id": .uuid, "status": .word(["exporting"]), "progress_percentage": .float,
        "current_ticket_title": .string, "started_at": .time,
    ])

    /// - Parameters:
    ///   - status: the specification knows `exporting`; the others are of states that it is silent about.
    ///   - task: there is none before the first export.
    static func exportStatus(_ status: String, task: Shape = .uuid) -> Shape {
        .members([
            "session_id": .uuid, "task_id": task, "status": .word([status]), "progress_percentage": .float,
            "tickets_completed": .int, "total_tickets": .int, "current_ticket_title": .optional(.string),
            "estimated_time_remaining_minutes": .optional(.int),
        ])
    }

    static let exportCompleted = Shape.members([
        "session_id": .uuid, "task_id": .uuid, "status": .word(["completed"]), "jira_tickets_created": .int,
        "dependencies_created": .int, "manual_fixes_needed": .int, "total_processing_time_minutes": .float,
        "completed_at": .time,
    ])

    static let exportFailed = Shape.members([
        "session_id": .uuid, "task_id": .uuid, "status": .word(["failed"]), "failed_at_ticket_order": .int,
        "error_category": .word(["user_fixable", "admin_required", "temporary"]), "user_message": .string,
        "recovery_actions": .list(.string), "retry_available": .bool, "retry_attempts_used": .int,
    ])

    static let exportRetried = Shape.members([
        "task_id": .uuid, "session_id": .uuid, "status": .word(["exporting"]), "retry_attempt": .int,
        "remaining_retries": .int, "resuming_from_ticket_order": .int, "preserved_successful_tickets": .int,
    ])

    static let retriesUsedUp = Shape.members([
        "error_category": .word(["admin_required"]),
        "user_message": .word(["Maximum retry attempts (3) exceeded. Please contact administrator."]),
        "recovery_actions": .list(.word(["Contact system administrator", "Session may need manual cleanup"])),
        "retry_attempts_used": .int, "first_error_at": .time,
    ])

    static func exportCancelled(_ status: String) -> Shape {
        .members(["session_id": .uuid, "task_id": .uuid, "status": .word([status])])
    }

    private static let issue = Shape.members([
        "ticket_id": .uuid, "jira_key": .string, "jira_url": .string, "title": .string,
    ])

    private static let manualFix = Shape.members([
        "jira_key": .string, "title": .string, "issue_type": .string, "recommended_action": .string,
        "jira_url": .string,
    ])

    /// - Parameter hasContent: whether there are issues and manual fixes.
    static func exportResults(hasContent: Bool) -> Shape {
        .members([
            "session_id": .uuid, "total_tickets_created": .int, "jira_tickets": hasContent ? .list(issue) : .empty,
            "dependencies_created": .int, "manual_fixes": hasContent ? .list(manualFix) : .empty,
            "total_processing_time_minutes": .float,
        ])
    }

    static let projectValidation = Shape.members([
        "project_key": .string, "project_name": .string, "validation_status": .word(["valid", "invalid"]),
        "can_create_tasks": .bool, "can_view_project": .bool,
        "available_sprints": .list(
            .members(["id": .string, "name": .string, "state": .word(["active", "closed", "future"])])
        ),
        "team_members": .list(
            .members(["account_id": .string, "display_name": .string, "email": .optional(.string)])
        ),
        "priority_levels": .list(.members(["id": .string, "name": .string])),
        "validation_warnings": .list(.members(["code": .string, "message": .string])),
        "blocking_issues": .list(.string),
    ])

    static let conversionTest = Shape.members([
        "session_id": .uuid, "tickets_tested": .int, "all_passed": .bool, "passed": .int, "failed": .int,
        "results": .list(
            .members([
                "ticket_id": .uuid, "ticket_title": .string, "status": .word(["passed", "failed"]),
                "adf_size_bytes": .optional(.int), "character_reduction": .optional(.float),
                "error_message": .optional(.string), "suggested_fix": .optional(.string),
                "attachment_upload_tested": .bool,
                "attachment_upload_status": .optional(.word(["passed", "failed", "skipped"])),
            ])
        ),
    ])
}

/// The bodies of endpoints that are not the specification's.
extension Shape {
    static let session = Shape.members([
        "session_id": .uuid, "name": .optional(.string), "site": .string, "project_key": .string, "status": .string,
        "current_stage": .string, "total_tickets": .int, "created_at": .time, "export_started_at": .optional(.time),
        "completed_at": .optional(.time), "export_failed_at": .optional(.time),
    ])

    static let sessions = Shape.members(["sessions": .list(session)])

    static let consentStarted = Shape.members(["authorization_url": .string, "expires_in_seconds": .int])

    static let connectedSites = Shape.members([
        "integrations": .list(.members(["integration_id": .uuid, "site": .string, "url": .string, "created": .bool]))
    ])

    static let auditPage = Shape.members([
        "session_id": .uuid, "next": .optional(.int),
        "entries": .list(
            .members([
                "id": .int, "at": .time, "entity": .string, "entity_id": .uuid, "ticket_ref": .perhaps(.string),
                "actor": .string, "from": .optional(.string), "to": .string, "reason": .string,
            ])
        ),
    ])

    static let storedFile = Shape.members([
        "session_id": .uuid, "ticket_ref": .string, "filename": .string, "content_type": .string,
        "size_bytes": .int, "sha256": .string,
    ])
}

/// The messages of a WebSocket. Each has its number besides, and names its session and task.
extension Shape {
    private static func message(_ type: String, status: String, _ members: [String: Shape]) -> Shape {
        .members(
            members.merging([
                "type": .word([type]), "status": .word([status]), "session_id": .uuid, "task_id": .uuid,
                "sequence": .int,
            ]) { own, _ in own }
        )
    }

    static let progressMessage = message(
        "export_progress",
        status: "exporting",
        [
            "progress_percentage": .float, "current_stage": .string, "tickets_completed": .int, "tickets_failed": .int,
            "total_tickets": .int, "estimated_time_remaining_minutes": .int, "current_jira_project": .string,
        ]
    )

    static let completeMessage = message(
        "export_complete",
        status: "completed",
        [
            "tickets_created": .int, "dependencies_created": .int, "manual_fixes_needed": .int,
            "total_processing_time_minutes": .float,
        ]
    )

    static func failedMessage(status: String) -> Shape {
        message(
            "export_failed",
            status: status,
            [
                "failed_at_ticket": .int, "error_category": .word(["user_fixable", "admin_required", "temporary"]),
                "retry_available": .bool, "error_message": .string,
            ]
        )
    }
}
