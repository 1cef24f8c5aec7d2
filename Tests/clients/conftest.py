"""What the tests share: one fleet with an export that has used all there is."""

import os
from pathlib import Path

import pytest

from fleet import Fleet
from session import SESSION


@pytest.fixture(scope="session")
def shared():
    """The folder with the contracts, which are not part of the project."""
    folder = Path(os.environ.get("TRAMLINE_SHARED", ""))
    if not os.environ.get("TRAMLINE_SHARED") or not (folder / "contracts").is_dir():
        pytest.skip("TRAMLINE_SHARED names no folder with the contracts of Jira")
    return folder


@pytest.fixture(scope="session")
def fleet():
    with Fleet() as fleet:
        yield fleet


class Exported:
    """A session that was exported: what was asked for, and the key that each ticket got."""

    def __init__(self, tickets, results):
        self.tickets = {ticket["ref"]: ticket for ticket in tickets}
        keys = {ticket["title"]: ticket["jira_key"] for ticket in results["jira_tickets"]}
        self.keys = {ref: keys[ticket["title"]] for ref, ticket in self.tickets.items()}
        self.results = results


@pytest.fixture(scope="session")
def exported(fleet):
    return Exported(SESSION["tickets"], fleet.export(fleet.import_session(SESSION)))
