"""A fleet of real processes: an API, a worker, a private Redis, a database of its own, and a simulated Jira."""

import base64
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests

TOKEN = "simulated-token"
EMAIL = "bot@acme.example"
# Long enough for a machine that is busy with something else; nothing waits for it to pass.
PATIENCE = 60


def _die_with_parent():
    """In the child: the kernel ends it when we are gone, however that came about."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Started:
    """A process with all that it says; `line` waits for it to say something."""

    def __init__(self, name, arguments, environment):
        self.name = name
        self.lines = []
        self._news = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            arguments,
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=_die_with_parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def line(self, pattern):
        """The first line, said already or to come, that holds the pattern."""

        def found():
            return next((match for line in self.lines if (match := re.search(pattern, line))), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, PATIENCE)
            match = found()
        if not match:
            raise RuntimeError(f"{self.name} never said {pattern!r}:\n" + "\n".join(self.lines[-40:]))
        return match

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


class Fleet:
    """Use as a context manager. `environment` adds to what the executables are given."""

    def __init__(self, environment=None, simulator_options=()):
        self._more = environment or {}
        self._simulator_options = list(simulator_options)
        self._started = []
        self._folder = Path(os.environ["TRAMLINE_TEST_BUILD"])
        self._server = os.environ["TRAMLINE_TEST_DATABASE_URL"]

    def __enter__(self):
        self._database = f"tramline_clients_{uuid.uuid4().hex}"
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {self._database} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.kill()
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self._database} WITH (FORCE)")

    # The processes

    def _start(self):
        redis_port = _free_port()
        redis = self._spawn("redis", "redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "",
                            "--appendonly", "no", "--dir", tempfile.gettempdir())
        redis.line("Ready to accept connections")
        jira = self._spawn(
            "jira", self._folder / "jira-simulator", "--latency-ms", "1", "--no-rate-limits",
            "--journal-bodies", str(1 << 20), *self._simulator_options,
        )
        self.jira = jira.line(r"listening on (http://\S+)").group(1)
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._environment = {
            "DATABASE_URL": urlunsplit(urlsplit(self._server)._replace(path="/" + self._database)),
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}",
            "TRAMLINE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
            "TRAMLINE_PORT": self.url.rpartition(":")[2],
            "TRAMLINE_ALLOW_INSECURE_JIRA": "true",
            "JIRA_SPACING_SECONDS": "0",
            "JIRA_REQUEST_TIMEOUT_SECONDS": "2",
            "JIRA_SETTLE_SECONDS": "1",
            "JIRA_AUDIT_SECONDS": "1",
            "JOB_BACKOFF_BASE_SECONDS": "0.05",
            "JOB_BACKOFF_MAX_SECONDS": "1",
            "JIRA_TOKEN": TOKEN,
            "JIRA_CLIENT_ID": "simulated-client",
            "JIRA_CLIENT_SECRET": "simulated-client-secret",
            "ATLASSIAN_AUTH_URL": self.jira,
            "ATLASSIAN_API_URL": self.jira,
            **self._more,
        }
        self.command("migrate")
        self.key = json.loads(self.command("keys", "create", "--team", "acme", "--name", "clients", "--json"))["key"]
        self.command("integrations", "add", "--team", "acme", "--site", "acme", "--base-url", self.jira,
                     "--email", EMAIL, "--api-token-env", "JIRA_TOKEN")
        self._spawn("api", self._folder / "tramline-api", "serve", environment=self._environment).line("listening")
        self._spawn("worker", self._folder / "tramline-worker", "run", environment=self._environment).line(
            "A worker starts")

    def _spawn(self, name, *arguments, environment=None):
        process = Started(name, [str(argument) for argument in arguments], environment or {})
        self._started.append(process)
        return process

    def command(self, *arguments):
        """Runs a command of `tramline-api` to its end; what it printed."""
        done = subprocess.run(
            [self._folder / "tramline-api", *arguments],
            env={"PATH": os.environ["PATH"], **self._environment},
            capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logs(self):
        return "\n".join(f"=== {p.name}\n" + "\n".join(p.lines[-80:]) for p in self._started)

    # The API

    def send(self, method, path, **more):
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=PATIENCE, **more)

    def import_session(self, body):
        answer = self.send("POST", "/api/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["session_id"]

    def export(self, session):
        """Exports a session to its end, which must be a good one; its results."""
        answer = self.send("POST", f"/api/jira/export-session/{session}")
        assert answer.status_code == 202, answer.text
        self.await_end(session)
        results = self.send("GET", f"/api/jira/export-results/{session}")
        assert results.status_code == 200, results.text
        return results.json()

    def await_end(self, session):
        """Waits in PostgreSQL rather than at the API, whose status may be asked for only now and then."""
        deadline = time.monotonic() + PATIENCE
        with psycopg.connect(self._environment["DATABASE_URL"], autocommit=True) as connection:
            while time.monotonic() < deadline:
                status, message = connection.execute(
                    "SELECT status, user_message FROM sessions, pg_sleep(0.05) WHERE id = %s", [session]
                ).fetchone()
                if status != "exporting":
                    assert status == "completed", f"{status}: {message}\n{self.logs()}"
                    return
        raise AssertionError(f"the export did not end\n{self.logs()}")

    # The simulated Jira

    def add_faults(self, *faults):
        answer = requests.post(self.jira + "/_simulator/faults", json=list(faults), timeout=PATIENCE)
        assert answer.status_code == 201, answer.text

    def journal(self):
        return requests.get(self.jira + "/_simulator/journal", timeout=PATIENCE).json()
