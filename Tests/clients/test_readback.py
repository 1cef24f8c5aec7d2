"""jira-python, which knows nothing of Tramline, reads back what was exported."""

import jira
import pytest

from fleet import EMAIL, TOKEN
from session import FILES


@pytest.fixture(scope="module")
def client(fleet):
    client = jira.JIRA(server=fleet.jira, basic_auth=(EMAIL, TOKEN), options={"rest_api_version": "3"}, timeout=30)
    yield client
    client.close()


@pytest.fixture(scope="module")
def issues(client, exported):
    return {ref: client.issue(key) for ref, key in exported.keys.items()}


def plain(value):
    """What jira-python has made of a JSON value, as JSON."""
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {name: plain(element) for name, element in value.items()}
    return plain(vars(value)) if hasattr(value, "__dict__") else value


def test_summaries_are_the_titles(issues, exported):
    for ref, ticket in exported.tickets.items():
        assert issues[ref].fields.summary == ticket["title"]


def test_a_description_is_the_document_that_the_html_stands_for(issues):
    link = {"type": "link", "attrs": {"href": "https://example.com/a?b=1&c=2"}}
    assert plain(issues["plain"].raw["fields"]["description"]) == {
        "type": "doc",
        "version": 1,
        "content": [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "Some "},
                    {"type": "text", "text": "bold", "marks": [{"type": "strong"}]},
                    {"type": "text", "text": ", "},
                    {"type": "text", "text": "slanted", "marks": [{"type": "em"}]},
                    {"type": "text", "text": " and "},
                    {"type": "text", "text": "code", "marks": [{"type": "code"}]},
                    {"type": "text", "text": " text with "},
                    {"type": "text", "text": "a link", "marks": [link]},
                    {"type": "text", "text": "."},
                ],
            }
        ],
    }


def test_a_description_keeps_its_blocks(issues):
    blocks = issues["full"].raw["fields"]["description"]["content"]
    assert [block["type"] for block in blocks] == ["heading", "bulletList", "table", "codeBlock"]
    assert blocks[0]["attrs"]["level"] == 2
    assert [item["content"][0]["content"][0]["text"] for item in blocks[1]["content"]] == ["One", "Two"]
    assert [[cell["type"] for cell in row["content"]] for row in blocks[2]["content"]] == [
        ["tableHeader", "tableHeader"], ["tableCell", "tableCell"],
    ]
    assert blocks[3]["attrs"]["language"] == "swift"
    assert blocks[3]["content"][0]["text"] == "let a = 1 < 2"


def test_a_ticket_without_a_description_has_none(issues):
    assert issues["epic"].fields.description is None


def test_fields_are_set(issues, exported):
    fields = issues["full"].fields
    assert fields.issuetype.name == "Story"
    assert fields.priority.name == "High"
    assert fields.assignee.emailAddress == "ada@acme.example"
    assert sorted(label for label in fields.labels if not label.startswith("tramline-")) == ["form", "web"]
    assert fields.parent.key == exported.keys["epic"]


def test_sprint_and_story_points_are_set(client, issues):
    ids = {field["name"]: field["id"] for field in client.fields()}
    raw = issues["full"].raw["fields"]
    assert raw[ids["Story Points"]] == 3
    assert [sprint["name"] for sprint in raw[ids["Sprint"]]] == ["Sprint 12"]


def test_every_issue_carries_one_marker(issues):
    markers = [
        [label for label in issue.fields.labels if label.startswith("tramline-")] for issue in issues.values()
    ]
    assert all(len(labels) == 1 for labels in markers)
    assert len({labels[0] for labels in markers}) == len(issues)


def ends(issue, side):
    return sorted(getattr(link, side).key for link in issue.fields.issuelinks if hasattr(link, side))


def test_links_have_their_direction_at_both_ends(issues, exported):
    keys = exported.keys
    # What an issue blocks is the outward end of its links; what blocks it, the inward end.
    assert ends(issues["plain"], "outwardIssue") == sorted([keys["full"], keys["last"]])
    assert ends(issues["plain"], "inwardIssue") == []
    assert ends(issues["full"], "outwardIssue") == [keys["last"]]
    assert ends(issues["full"], "inwardIssue") == [keys["plain"]]
    assert ends(issues["last"], "inwardIssue") == sorted([keys["plain"], keys["full"]])
    for issue in issues.values():
        for link in issue.fields.issuelinks:
            assert (link.type.inward, link.type.outward) == ("is blocked by", "blocks")


def test_attachments_are_there_byte_for_byte(issues):
    attachments = {attachment.filename: attachment for attachment in issues["full"].fields.attachment}
    assert len(issues["full"].fields.attachment) == len(FILES)
    for name, content in FILES.items():
        assert attachments[name].get() == content
        assert attachments[name].size == len(content)


def test_what_could_not_be_set_is_a_manual_fix(issues, exported):
    fixes = {(fix["jira_key"], fix["issue_type"]) for fix in exported.results["manual_fixes"]}
    key = exported.keys["last"]
    assert (key, "assignee_invalid") in fixes
    assert any(fixed == key and "priority" in kind for fixed, kind in fixes)
    assert issues["last"].fields.assignee is None
