"""Makes requests that the schema allows into requests that mean something.

How tickets refer to each other is beyond a schema, and so is that an idempotency key belongs to one body: refs are unique, and what
a ticket depends on must exist, as must a site and the tickets that are to be tested. With these set right, every refusal is a fault of
the document or of the API. Paths name sessions and tickets that exist, now and then, so that more than "not found" is tried.
"""

import os
import random
import uuid

import schemathesis

SESSIONS = os.environ.get("TRAMLINE_CLIENTS_SESSIONS", "").split()


@schemathesis.hook
def map_case(context, case):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if isinstance(case.body, dict):
        match case.operation.path:
            case "/api/sessions":
                make_lawful(case)
            case "/api/jira/validate-project":
                case.body["site"] = "acme"
            case "/api/jira/test-adf-conversion/{session_id}":
                case.body["ticket_ids"] = []
    parameters = case.path_parameters or {}
    # By the case, not by chance: the same seed makes the same cases.
    choice = random.Random(repr(sorted(parameters.items())))
    if "session_id" in parameters and SESSIONS and choice.random() < 0.5:
        parameters["session_id"] = choice.choice(SESSIONS)
        if "ref" in parameters:
            parameters["ref"] = "T1"
    return case


def make_lawful(case):
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    case.body["site"] = "acme"
    for number, ticket in enumerate(case.body.get("tickets") or []):
        ticket["ref"] = f"T{number}"
        ticket.pop("parent", None)
        ticket.pop("depends_on", None)
        files = {file["filename"]: file for file in ticket.get("attachments") or []}
        if files:
            ticket["attachments"] = list(files.values())
