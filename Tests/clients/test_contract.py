"""What was sent to Jira, and what was answered, is what Jira's own description says."""

import pytest

from contract import Contract
from session import SESSION

# What an export needs of Jira; faults bring the look for a lost issue, and the list of files before a second upload.
OPERATIONS = {
    "POST /rest/api/3/issue",
    "POST /rest/api/3/issue/bulkfetch",
    "POST /rest/api/3/search/jql",
    "POST /rest/api/3/issueLink",
    "POST /rest/api/3/issue/{issueIdOrKey}/attachments",
    "GET /rest/api/3/issue/{issueIdOrKey}",
    "GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes",
    "GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
    "GET /rest/api/3/user/assignable/search",
    "GET /rest/agile/1.0/board",
    "GET /rest/agile/1.0/board/{boardId}/sprint",
    # What a validation reads besides.
    "GET /rest/api/3/project/{projectIdOrKey}",
    "GET /rest/api/3/mypermissions",
}

VALIDATION = {
    "project_key": "PROJ",
    "user_requirements": {
        "requires_sprint_assignment": True,
        "requires_assignee": True,
        "requires_priority_levels": True,
    },
}

CREATE = {"method": "POST", "path": "/rest/api/3/issue"}
UPLOAD = {"method": "POST", "path": "/rest/api/3/issue/*/attachments"}
FAULTS = [
    {"kind": "drop_after_commit", "title": "F 1", "nth": 1, **CREATE},
    {"kind": "drop_before_commit", "title": "F 2", "nth": 1, **CREATE},
    {"kind": "field_refused", "title": "F 3", "nth": 1, **CREATE},
    {"kind": "error_after_commit", "status": 503, "title": "F 4", "nth": 1, **CREATE},
    {"kind": "rate_limited", "title": "F 5", "nth": 1, **CREATE},
    {"kind": "answer", "status": 400, "body": {"errorMessages": ["INVALID_INPUT"], "errors": {}}, "title": "F 6",
     "nth": 1, **CREATE},
    {"kind": "drop_after_commit", "nth": 1, **UPLOAD},
    {"kind": "answer", "status": 413, "body": {"errorMessages": ["Too large."], "errors": {}}, "nth": 3, **UPLOAD},
]


@pytest.fixture(scope="module")
def journal(fleet):
    """The journal of a good export, of one that met faults and of a validation; other clients of the same Jira ask before or
    afterwards."""
    before = len(fleet.journal())
    fleet.export(fleet.import_session(SESSION))
    fleet.add_faults(*FAULTS)
    tickets = [
        {
            "ref": f"F{number}",
            "title": f"F {number}",
            "description_html": "<p>A <b>description</b>.</p>",
            "labels": ["fault"],
            "attachments": [{"filename": "a.txt", "content_base64": "YQ=="}],
            **({"depends_on": [f"F{number - 1}"]} if number > 1 else {}),
        }
        for number in range(1, 8)
    ]
    fleet.export(fleet.import_session({"site": "acme", "project_key": "PROJ", "tickets": tickets}))
    answer = fleet.send("POST", "/api/jira/validate-project", json=VALIDATION)
    assert answer.status_code == 200, answer.text
    assert answer.json()["validation_status"] == "valid", answer.text
    return fleet.journal()[before:]


@pytest.fixture(scope="module")
def contract(shared):
    return Contract(shared / "contracts")


def test_requests_and_answers_are_as_described(contract, journal):
    assert contract.violations(journal) == []
    assert OPERATIONS <= set(contract.used)


@pytest.mark.parametrize(
    "spoil, word",
    [
        (lambda entry: entry.update(path="/rest/api/3/nothing"), "not described"),
        (lambda entry: entry.update(path="/rest/api/3/priority", method="GET"), "deprecated"),
        (lambda entry: entry["request_body"].update(text='{"fields": 1}'), "the request"),
        (lambda entry: entry["response_body"].update(text='{"id": 1}'), "the answer"),
        (lambda entry: entry.update(status=418), "418"),
    ],
)
def test_what_is_not_as_described_is_found(contract, journal, spoil, word):
    entry = next(entry for entry in journal if entry["path"] == "/rest/api/3/issue" and entry["status"] == 201)
    entry = {**entry, "request_body": dict(entry["request_body"]), "response_body": dict(entry["response_body"])}
    spoil(entry)
    assert word in " ".join(contract.violations([entry]))
