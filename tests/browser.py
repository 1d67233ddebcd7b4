"""A real browser for tests: the system's Chromium, driven through its chromedriver.

WebDriver is a few requests over HTTP to a local process, so the standard library is enough, and
nothing is downloaded. There is none where the two programs are not installed (`programs`).
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference, as the standard has it
_PATIENCE = 60.0  # seconds; machines of continuous integration are busy


def programs() -> tuple[str, str] | None:
    """Where Chromium and its driver are, if both are installed."""
    found = [
        next(filter(None, map(shutil.which, names)), None)
        for names in (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",))
    ]
    return (found[0], found[1]) if found[0] and found[1] else None


class Browser:
    """One window of a browser."""

    def __init__(self, address: str) -> None:
        self._address = address

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return _request(f"{self._address}/{path}", method, body)

    def open(self, page: Path) -> None:
        """Load a file, until its scripts have run."""
        self._ask("POST", "url", {"url": page.resolve().as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function body returns."""
        return self._ask("POST", "execute/sync", {"script": script, "args": arguments})

    def run_async(self, script: str) -> Any:
        """What the last argument of a function body is called with."""
        return self._ask("POST", "execute/async", {"script": script, "args": []})

    def wait(self, script: str, *arguments: Any) -> Any:
        """Run a function body until it returns something true."""
        return patient(lambda: self.run(script, *arguments), script)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector: str) -> list[str]:
        """The texts of all such elements; lone surrogates are replaced, the driver has none."""
        elements = "[...document.querySelectorAll(arguments[0])]"
        script = f"return {elements}.map((e) => e.textContent.toWellFormed())"
        return self.run(script, selector)

    def _element(self, selector: str) -> str:
        found = self._ask("POST", "element", {"using": "css selector", "value": selector})
        return f"element/{found[_ELEMENT]}"

    def click(self, selector: str) -> None:
        self._ask("POST", f"{self._element(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Press keys in an element; keys without a character are those of WebDriver."""
        self._ask("POST", f"{self._element(selector)}/value", {"text": text})

    def resize(self, width: int, height: int) -> None:
        """The size of what the page is shown in, as a telephone's screen may be."""
        values = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", values)

    def prefer(self, scheme: str) -> None:
        """Ask for light or dark colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", {"features": features})

    def command(self, name: str, values: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._ask("POST", "goog/cdp/execute", {"cmd": name, "params": values})

    def complaints(self) -> list[str]:
        """What the console has said since it was last asked."""
        return [entry["message"] for entry in self._ask("POST", "se/log", {"type": "browser"})]

    def screenshot(self, whole: bool = False) -> bytes:
        """A picture of the window, or of the whole page, as PNG."""
        taken = self.command("Page.captureScreenshot", {"captureBeyondViewport": whole})
        return base64.b64decode(taken["data"])


def patient(attempt: Any, what: str) -> Any:
    """Try until it gives something true."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        value = attempt()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {what}")


def _request(address: str, method: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode("ascii")
    request = urllib.request.Request(
        address, data, {"Content-Type": "application/json"}, method=method
    )
    # no proxy stands between this process and the one beside it
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"{address}: {error.read().decode('utf-8')[:2000]}") from None


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own, which ends with the block."""
    found = programs()
    assert found is not None
    chromium, driver = found
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        with open(log, "wb") as file:
            process = subprocess.Popen([driver, "--port=0"], stdout=file, stderr=file)
        try:
            address = f"http://127.0.0.1:{patient(lambda: _port(log), 'the port of the driver')}"
            options = {
                "binary": chromium,
                "args": [*_FLAGS, f"--user-data-dir={folder}/profile"],
            }
            wanted = {
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
                "timeouts": {"script": 30_000, "pageLoad": 60_000},
            }
            session = _request(
                f"{address}/session", "POST", {"capabilities": {"alwaysMatch": wanted}}
            )
            place = f"{address}/session/{session['sessionId']}"
            try:
                yield Browser(place)
            finally:
                _request(place, "DELETE")
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _port(log: Path) -> str | None:
    """The port that the driver chose, once it has said so."""
    _, found, rest = log.read_text("utf-8", "replace").rpartition("started successfully on port ")
    return rest.partition(".")[0] if found and "." in rest else None
