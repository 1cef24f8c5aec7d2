"""Compares a journal of the simulated Jira with Jira's own descriptions of its API.

    python contract.py FOLDER JOURNAL    a journal as lines of JSON; FOLDER holds the contracts
"""

import json
import sys
from collections import Counter
from pathlib import Path

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict
from urllib.parse import parse_qsl

PLATFORM = "jira-platform-v3.reduced.json"
SOFTWARE = "jira-software.openapi.json"


# Members that live sites answer with and the descriptions, which are closed, leave out.
UNDESCRIBED = {"IssueTypeIssueCreateMetadata": {"untranslatedName": {"type": "string"}}}


def mended(node):
    """The document without the slips of the published one, which are known and not Tramline's."""
    if isinstance(node, list):
        return [mended(element) for element in node]
    if not isinstance(node, dict):
        return node
    node = {name: mended(element) for name, element in node.items()}
    # Defaults that their own enumerations forbid.
    if "default" in node and isinstance(node.get("enum"), list) and node["default"] not in node["enum"]:
        del node["default"]
    # Its own examples say +0000, which the format forbids.
    if node.get("format") == "date-time":
        del node["format"]
        node["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$"
    # Lists with commas, by their text; the schema says an object without members.
    if node.get("in") == "query" and node.get("schema", {}).get("type") == "object":
        node["schema"] = {"type": "string"}
    return node


class Document:
    def __init__(self, path):
        self.document = mended(json.loads(path.read_text()))
        for name, members in UNDESCRIBED.items():
            if name in self.document["components"]["schemas"]:
                self.document["components"]["schemas"][name]["properties"].update(members)
        # The published documents have slips of their own, which are not ours to judge.
        self.api = OpenAPI.from_dict(self.document, config=Config(spec_validator_cls=None))
        self.host = self.document["servers"][0]["url"].rstrip("/")
        self.paths = {
            tuple(path.strip("/").split("/")): (path, operations)
            for path, operations in self.document["paths"].items()
        }

    def operation(self, method, path):
        """The description of an operation; of two paths that fit, the one with fewer placeholders."""
        segments = path.strip("/").split("/")
        fitting = [
            (sum(part.startswith("{") for part in pattern), name, operations)
            for pattern, (name, operations) in self.paths.items()
            if len(pattern) == len(segments)
            and all(part.startswith("{") or part == segment for part, segment in zip(pattern, segments))
        ]
        for _, name, operations in sorted(fitting, key=lambda fit: fit[0]):
            if method.lower() in operations:
                return name, operations[method.lower()]
        return None, None


class Asked:
    """A request of the journal, as openapi-core wants it."""

    def __init__(self, entry, host):
        self.host_url = host
        self.path = entry["path"]
        self.method = entry["method"].lower()
        self.body = (body := entry.get("request_body") or {}).get("text", "").encode() or None
        self.content_type = body.get("type") or ""
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(entry["query"], keep_blank_values=True)),
            # The journal keeps no credentials: who may ask is another matter.
            header=Headers({"Authorization": "Basic Og==", "X-Atlassian-Token": "no-check"}),
            cookie=ImmutableMultiDict(),
        )


class Answered:
    def __init__(self, entry):
        body = entry.get("response_body") or {}
        self.data = body.get("text", "").encode() or None
        self.status_code = entry["status"]
        self.content_type = (body.get("type") or "").partition(";")[0]
        self.headers = Headers()


class Contract:
    """Both descriptions, and what a journal has used of them."""

    def __init__(self, folder):
        self.platform = Document(Path(folder) / PLATFORM)
        self.software = Document(Path(folder) / SOFTWARE)
        self.used = Counter()

    def violations(self, journal):
        found = []
        for entry in journal:
            found += [f"{entry['sequence']} {entry['method']} {entry['path']}: {text}" for text in self.judge(entry)]
        return found

    def judge(self, entry):
        document = self.software if entry["path"].startswith("/rest/agile/") else self.platform
        name, operation = document.operation(entry["method"], entry["path"])
        if operation is None:
            yield "is not described"
            return
        self.used[f"{entry['method']} {name}"] += 1
        if operation.get("deprecated"):
            yield "is deprecated"
        # A client that died in the middle of its request has sent what it has sent.
        if "body_complete" in entry:
            yield from self.judge_request(document, entry)
        if entry["outcome"] == "answered":
            yield from self.judge_answer(document, operation, entry)

    def judge_request(self, document, entry):
        body = entry.get("request_body") or {}
        if (body.get("type") or "").startswith("multipart/"):
            # The parts are read by the simulator, which refuses what is not a file called `file`.
            if not body["type"].startswith("multipart/form-data; boundary="):
                yield f"sends {body['type']}"
            return
        if body.get("size") and "text" not in body:
            yield f"has a body of {body['size']} bytes that the journal did not keep"
            return
        try:
            document.api.validate_request(Asked(entry, document.host))
        except OpenAPIError as error:
            yield f"the request: {describe(error)}"

    def judge_answer(self, document, operation, entry):
        status = entry["status"]
        if str(status) not in operation["responses"]:
            # Limits and failures are described elsewhere, for all operations alike; a scripted answer is ours.
            if status != 429 and status < 500 and "fault" not in entry:
                yield f"answers {status}, which is not described"
            return
        if "response_body" not in entry or not str(entry["response_body"].get("type", "")).startswith("application/json"):
            return
        try:
            document.api.validate_response(Asked(entry, document.host), Answered(entry))
        except OpenAPIError as error:
            yield f"the answer {status}: {describe(error)}"


def describe(error):
    """An error with what it comes from: openapi-core keeps the reasons beneath."""
    texts = []
    while error is not None and len(texts) < 4:
        texts.append(str(error).splitlines()[0] if str(error) else type(error).__name__)
        texts += [each.message[:200] for each in getattr(error, "schema_errors", [])][:3]
        error = error.__cause__
    return ": ".join(dict.fromkeys(texts))


def main(folder, path):
    contract = Contract(folder)
    # A later line for the same request replaces the earlier one.
    entries = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            entries[entry["sequence"]] = entry
    found = contract.violations(entries[number] for number in sorted(entries))
    for text in found[:50]:
        print(text)
    for operation, count in sorted(contract.used.items()):
        print(f"{count:8} {operation}")
    print(f"{len(entries)} requests, {len(found)} violations")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
