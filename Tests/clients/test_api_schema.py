"""schemathesis asks the API what its document allows, and what it forbids."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# The same for everybody, so that what one run has found the next one finds.
SEED = os.environ.get("TRAMLINE_SEED", "1")
EXAMPLES = os.environ.get("TRAMLINE_SCHEMA_EXAMPLES", "10")


def test_the_api_keeps_to_its_document(fleet, tmp_path):
    """All checks: no 500, no status and no member that the document does not name, nothing accepted that it forbids."""
    one = {"ref": "T1", "title": "One"}
    done = fleet.import_session({"site": "acme", "project_key": "PROJ", "tickets": [one]})
    fleet.export(done)
    ready = fleet.import_session({"site": "acme", "project_key": "PROJ", "tickets": [one]})
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml", "run",
            f"{fleet.url}/openapi.json", "--header", f"Authorization: Bearer {fleet.key}", "--checks", "all",
            "--seed", SEED, "--max-examples", EXAMPLES, "--no-color",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": str(HERE / "schema_hooks.py"),
            "TRAMLINE_CLIENTS_SESSIONS": f"{done} {ready}",
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, f"seed {SEED}, {EXAMPLES} examples\n{run.stdout}\n{run.stderr}\n{fleet.logs()}"
    print(run.stdout[run.stdout.find("SUMMARY"):])
