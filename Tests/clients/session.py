"""A session whose tickets have all that tickets may have."""

import base64

# Every byte there is, twice over, and a line that a text mode would change.
BYTES = bytes(range(256)) * 2 + b"\r\n\n\r"

FILES = {
    "bytes.bin": BYTES,
    "Grüße & “quotes”.txt": "Grüße\n".encode(),
    "empty.txt": b"",
}

SESSION = {
    "name": "All there is",
    "site": "acme",
    "project_key": "PROJ",
    "tickets": [
        {
            "ref": "epic",
            "title": "An epic",
            "issue_type": "Epic",
        },
        {
            "ref": "plain",
            "title": "A title with “quotes”, an emoji 🚋 and <b>no</b> HTML",
            "description_html": "<p>Some <strong>bold</strong>, <em>slanted</em> and <code>code</code> text with "
            "<a href=\"https://example.com/a?b=1&amp;c=2\">a link</a>.</p>",
        },
        {
            "ref": "full",
            "title": "All fields",
            "issue_type": "Story",
            "description_html": "<h2>Why</h2><ul><li>One</li><li>Two</li></ul>"
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
            "<pre><code class=\"language-swift\">let a = 1 &lt; 2\n</code></pre>",
            "priority": "High",
            "assignee": {"email": "ada@acme.example"},
            "sprint": "Sprint 12",
            "story_points": 3,
            "labels": ["web", "form"],
            "parent": "epic",
            "depends_on": ["plain"],
            "attachments": [
                {"filename": name, "content_base64": base64.b64encode(content).decode()}
                for name, content in FILES.items()
            ],
        },
        {
            "ref": "last",
            "title": "Blocked by two",
            "depends_on": ["plain", "full"],
            "priority": "No such priority",
            "assignee": {"display_name": "Nobody At All"},
        },
    ],
}
