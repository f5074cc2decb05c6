"""A client of yaml-language-server, the program behind YAML in VS Code, Neovim and others."""

import json
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple

LONGEST = 300
"""Seconds after which a server that hangs is ended, so that the tests fail."""


class Complaint(NamedTuple):
    """A place in a text, counted from 0, that the server underlines, with its message."""

    line: int
    start: int
    end: int
    message: str


class LanguageServer:
    """A running server that checks every document with one schema."""

    def __init__(self, schema: Path, command: str) -> None:
        self._process = subprocess.Popen(
            [command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._watchdog = Timer(LONGEST, self._process.kill)
        self._watchdog.start()
        self._settings = {
            "validate": True,
            "completion": True,
            "hover": True,
            "schemaStore": {"enable": False},
            "schemas": {schema.as_uri(): "*.yaml"},
        }
        self._number = 0
        self._found: dict[str, list[Any]] = {}
        workspace = {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": False}}
        snippets = {"completion": {"completionItem": {"snippetSupport": True}}}
        capabilities = {"workspace": workspace, "textDocument": snippets}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": self._settings}})
        while not self.complaints("layers: 3\n")[0]:
            """Until it has asked for the settings and read the schema."""

    def close(self) -> None:
        self.ask("shutdown", None)
        self._tell("exit", None)
        self._process.communicate(timeout=20)
        self._watchdog.cancel()

    def complaints(self, *texts: str) -> list[list[Complaint]]:
        """What the server underlines in each text."""
        opened = [self.open(text) for text in texts]
        while not self._found.keys() >= set(opened):
            self._receive()
        return [[self._complaint(each) for each in self._found[uri]] for uri in opened]

    def _complaint(self, found: Any) -> Complaint:
        start, end = found["range"]["start"], found["range"]["end"]
        return Complaint(start["line"], start["character"], end["character"], found["message"])

    def completions(self, text: str) -> dict[str, set[str]]:
        """What the server offers at the `|` in a text: labels, with the texts that they insert."""
        answer = self.ask("textDocument/completion", self._at(text))
        offered: dict[str, set[str]] = {}
        for item in answer["items"] if isinstance(answer, dict) else answer or []:
            offered.setdefault(item["label"], set()).add(item["textEdit"]["newText"])
        return offered

    def hover(self, text: str) -> str:
        """What the server shows for the word at the `|` in a text."""
        answer = self.ask("textDocument/hover", self._at(text))
        return answer["contents"]["value"] if answer else ""

    def open(self, text: str) -> str:
        self._number += 1
        uri = f"file:///{self._number}.yaml"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def _at(self, text: str) -> dict[str, Any]:
        before, _, after = text.partition("|")
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        position = {"line": line, "character": column}
        return {"textDocument": {"uri": self.open(before + after)}, "position": position}

    def ask(self, method: str, parameters: object) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, parameters: object) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message; requests of the server are answered, and diagnostics kept."""
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._found[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            items = [
                self._settings if item["section"] == "yaml" else {} for item in message["params"]["items"]
            ]
            self._send({"id": message["id"], "result": items})
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message
