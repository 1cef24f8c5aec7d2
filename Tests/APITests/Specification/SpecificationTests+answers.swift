import HTTPTypes

@testable import API

extension SpecificationTests {
    /// Every answer, endpoint by endpoint.
    static let answers: [Answer] = [
        Endpoint.allCases.filter(\.needsKey).flatMap(keyed),
        Endpoint.allCases.filter { $0.path.contains("{session_id}") }.flatMap(aboutSession),
        [Endpoint.startExport, .retryExport, .cancelExport].flatMap(withoutBody),
        [Endpoint.importSession, .validateProject, .testConversion].flatMap(withJSON),
        open, connecting, sessions, files, starting, retrying, cancelling, status, results, validation, conversions,
    ].flatMap(\.self)

    // MARK: What endpoints have in common

    private static func keyed(_ endpoint: Endpoint) -> [Answer] {
        [
            Answer(endpoint, .ready, when: .noKey, is: .unauthorized, code: "unauthorized"),
            Answer(endpoint, .ready, when: .unknownKey, is: .unauthorized, code: "unauthorized"),
            Answer(endpoint, .ready, when: .scopeMissing, is: .forbidden, code: "insufficient_scope"),
            Answer(endpoint, .ready, when: .databaseAway, is: .serviceUnavailable, code: "unavailable"),
        ]
    }

    private static func aboutSession(_ endpoint: Endpoint) -> [Answer] {
        [
            Answer(endpoint, .unknown, is: .notFound, code: "session_not_found"),
            Answer(endpoint, .anotherTeams, is: .notFound, code: "session_not_found"),
            Answer(endpoint, .ready, when: .badID, is: .badRequest, code: "invalid_parameter"),
        ]
    }

    private static func withoutBody(_ endpoint: Endpoint) -> [Answer] {
        [
            Answer(endpoint, .ready, when: .badBody, is: .badRequest, code: "malformed_request"),
            Answer(endpoint, .ready, when: .longBody, is: .contentTooLarge, code: "body_too_large"),
        ]
    }

    private static func withJSON(_ endpoint: Endpoint) -> [Answer] {
        let invalid = endpoint == .importSession ? "invalid_session" : "invalid_request"
        return [
            Answer(endpoint, .ready, when: .badBody, is: .badRequest, code: "malformed_json"),
            Answer(endpoint, .ready, when: .wrongMembers, is: .unprocessableContent, code: invalid),
            Answer(endpoint, .ready, when: .wrongType, is: .unsupportedMediaType, code: "unsupported_media_type"),
            Answer(endpoint, .ready, when: .longBody, is: .contentTooLarge, code: "body_too_large"),
        ]
    }

    // MARK: The specification's endpoints

    private static let starting = [
        Answer(.startExport, .ready, is: .accepted, .exportStarted),
        Answer(.startExport, .exporting, is: .accepted, .exportAlreadyRunning),
        Answer(.startExport, .cancelling, is: .accepted, .exportAlreadyRunning),
        Answer(.startExport, .empty, is: .unprocessableContent, code: "session_empty"),
        Answer(.startExport, .completed, is: .unprocessableContent, code: "session_already_exported"),
        Answer(.startExport, .failed, is: .unprocessableContent, code: "export_failed"),
        Answer(.startExport, .cancelled, is: .unprocessableContent, code: "export_cancelled"),
        Answer(.startExport, .parked, is: .forbidden, code: "integration_parked"),
        Answer(.startExport, .occupied, is: .conflict, code: "conflict"),
    ]

    private static let retrying = [
        Answer(.retryExport, .failed, is: .accepted, .exportRetried),
        Answer(.retryExport, .cancelled, is: .accepted, .exportRetried),
        Answer(.retryExport, .ready, is: .unprocessableContent, code: "export_not_started"),
        Answer(.retryExport, .completed, is: .unprocessableContent, code: "session_already_exported"),
        Answer(.retryExport, .retriesUsedUp, is: .unprocessableContent, .retriesUsedUp),
        Answer(.retryExport, .exporting, is: .conflict, code: "export_running"),
        Answer(.retryExport, .cancelling, is: .conflict, code: "export_running"),
        Answer(.retryExport, .occupiedAfterFailure, is: .conflict, code: "conflict"),
        Answer(.retryExport, .parkedAfterFailure, is: .forbidden, code: "integration_parked"),
    ]

    private static let cancelling = [
        Answer(.cancelExport, .exporting, is: .accepted, .exportCancelled("cancelled")),
        Answer(.cancelExport, .cancelling, is: .accepted, .exportCancelled("cancelling")),
        Answer(.cancelExport, .cancelled, is: .accepted, .exportCancelled("cancelled")),
        Answer(.cancelExport, .ready, is: .unprocessableContent, code: "export_not_started"),
        Answer(.cancelExport, .completed, is: .unprocessableContent, code: "session_already_exported"),
        Answer(.cancelExport, .failed, is: .unprocessableContent, code: "export_failed"),
        Answer(.cancelExport, .torn, is: .conflict, code: "conflict"),
    ]

    private static let status = [
        Answer(.exportStatus, .ready, is: .ok, .exportStatus("ready", task: .optional(.uuid))),
        Answer(.exportStatus, .exporting, is: .ok, .exportStatus("exporting")),
        Answer(.exportStatus, .cancelling, is: .ok, .exportStatus("cancelling")),
        Answer(.exportStatus, .cancelled, is: .ok, .exportStatus("cancelled")),
        Answer(.exportStatus, .completed, is: .ok, .exportCompleted),
        Answer(.exportStatus, .failed, is: .ok, .exportFailed),
        Answer(.exportStatus, .retriesUsedUp, is: .ok, .exportFailed),
        Answer(.exportStatus, .ready, when: .again, is: .tooManyRequests, code: "rate_limited"),
    ]

    private static let results =
        [Standing.ready, .exporting].map {
            Answer(.exportResults, $0, is: .ok, .exportResults(hasContent: false))
        }
        + [Standing.completed, .failed, .cancelled].map {
            Answer(.exportResults, $0, is: .ok, .exportResults(hasContent: true))
        }

    private static let validation = [
        Answer(.validateProject, .ready, when: .answered, is: .ok, .projectValidation),
        Answer(.validateProject, .ready, when: .unanswered, is: .serviceUnavailable, code: "unavailable"),
        Answer(.validateProject, .ready, when: .siteAway, is: .serviceUnavailable, code: "unavailable"),
        Answer(.validateProject, .ready, when: .credentialRefused, is: .forbidden, code: "integration_parked"),
        Answer(.validateProject, .ready, when: .notPermitted, is: .forbidden, code: "jira_forbidden"),
        Answer(.validateProject, .parked, is: .forbidden, code: "integration_parked"),
        Answer(.validateProject, .ready, when: .severalSites, is: .unprocessableContent, code: "site_needed"),
    ]

    private static let conversions = [
        Answer(.testConversion, .ready, is: .ok, .conversionTest),
        Answer(.testConversion, .completed, is: .ok, .conversionTest),
    ]

    // MARK: The other endpoints

    private static let open = [
        Answer(.health, is: .ok, .members(["status": .word(["ok"])])),
        Answer(
            .ready,
            is: .ok,
            .members(["status": .word(["ready"]), "postgresql": .string, "redis": .string, "progress": .string])
        ),
        Answer(.ready, .ready, when: .databaseAway, is: .serviceUnavailable, code: "not_ready"),
        Answer(
            .openAPI,
            is: .ok,
            .members([
                "openapi": .string, "info": .any, "security": .any, "paths": .any,
                "components": .any, "tags": .any,
            ])
        ),
        Answer(.exportProgress, is: .upgradeRequired, code: "upgrade_required"),
    ]

    private static let connecting = [
        Answer(.startConsent, is: .ok, .consentStarted),
        Answer(.startConsent, .ready, when: .noApp, is: .notImplemented, code: "oauth_unavailable"),
        Answer(.finishConsent, .ready, when: .answered, is: .ok, .connectedSites),
        Answer(.finishConsent, .ready, when: .unknownState, is: .badRequest, code: "consent_unknown"),
        Answer(.finishConsent, .ready, when: .declined, is: .forbidden, code: "consent_denied"),
        Answer(.finishConsent, .ready, when: .notPermitted, is: .unprocessableContent, code: "consent_refused"),
        Answer(.finishConsent, .ready, when: .credentialRefused, is: .notImplemented, code: "oauth_unavailable"),
        Answer(.finishConsent, .ready, when: .noApp, is: .notImplemented, code: "oauth_unavailable"),
        Answer(.finishConsent, .ready, when: .siteAway, is: .serviceUnavailable, code: "unavailable"),
        Answer(.finishConsent, .ready, when: .unanswered, is: .serviceUnavailable, code: "unavailable"),
    ]

    private static let sessions = [
        Answer(.importSession, is: .created, .session),
        Answer(.importSession, .ready, when: .again, is: .ok, .session),
        Answer(.listSessions, is: .ok, .sessions),
        Answer(.listSessions, .ready, when: .badQuery, is: .badRequest, code: "invalid_parameter"),
        Answer(.showSession, .completed, is: .ok, .session),
        Answer(.sessionAudit, .ready, is: .ok, .auditPage),
        Answer(.sessionAudit, .failed, is: .ok, .auditPage),
        Answer(.sessionAudit, .ready, when: .badQuery, is: .badRequest, code: "invalid_parameter"),
    ]

    private static let files = [
        Answer(.putAttachment, is: .created, .storedFile),
        Answer(.putAttachment, .ready, when: .again, is: .ok, .storedFile),
        Answer(.putAttachment, .exporting, is: .conflict, code: "export_running"),
        Answer(.putAttachment, .completed, is: .unprocessableContent, code: "session_already_exported"),
        Answer(.putAttachment, .failed, is: .unprocessableContent, code: "ticket_already_exported"),
        Answer(.putAttachment, .ready, when: .badName, is: .unprocessableContent, code: "invalid_filename"),
        Answer(.putAttachment, .ready, when: .unknownRef, is: .notFound, code: "ticket_not_found"),
        Answer(.putAttachment, .ready, when: .partOfFile, is: .badRequest, code: "invalid_parameter"),
        Answer(.putAttachment, .ready, when: .wrongType, is: .unsupportedMediaType, code: "unsupported_media_type"),
        Answer(.putAttachment, .ready, when: .longBody, is: .contentTooLarge, code: "body_too_large"),
    ]
}
