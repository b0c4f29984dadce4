#!/usr/bin/env python3
"""Opens the HTML reports of the samples in headless Chromium: html_test.py REPORT_SAMPLES [--shots DIRECTORY]

At 1280 and 390 pixels, light and dark: nothing is fetched, nothing violates the page's own policy, nothing is written to
the console, nothing is wider than the page, folded or not; the script filters; 20,000 files are there in a few seconds.
Speaks the DevTools protocol over a pipe, so that nothing but Python and the browser is needed. Exit 77: no browser here.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 240  # seconds for one answer: machines that run tests are busy
CROWD_LOAD = 60  # seconds; it takes one or two on an idle machine, and a page that lays out everything takes minutes


class Browser:
    """One headless Chromium, one page."""

    def __init__(self, program, profile):
        to_browser, ours_out = os.pipe()
        ours_in, from_browser = os.pipe()

        def give_pipes():  # the browser reads from 3 and writes to 4
            os.dup2(to_browser, 13)
            os.dup2(from_browser, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            close_fds=False, preexec_fn=give_pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.out, self.input = ours_out, ours_in
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(domain + ".enable")

    def read(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.input, 1 << 20)
            assert piece, "the browser has gone"
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)
        raise AssertionError(f"{method}: no answer in {PATIENCE} s")

    def wait_for(self, method):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(event.get("method") == method for event in self.events):
                return
            self.events.append(self.read())
        raise AssertionError(f"no {method} in {PATIENCE} s")

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def open(self, path, width, height, dark):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.events = []
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def shoot(self, path):
        width = self.evaluate("innerWidth")
        for _ in range(2):  # what comes into view is laid out, and makes the page longer or shorter
            height = min(int(self.call("Page.getLayoutMetrics")["cssContentSize"]["height"]), 15_000)
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        picture = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
        except (AssertionError, OSError):
            pass
        self.process.wait(timeout=60)


def complaints(events):
    """What went to the console, violated the policy, threw, or was asked of the network beyond the page itself."""
    requests = 0
    for event in events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            requests += 1
            if requests > 1 or not parameters["request"]["url"].startswith("file://"):
                yield f"a request for {parameters['request']['url'][:200]}"
        elif method == "Log.entryAdded":
            yield f"the console: {parameters['entry']['text'][:300]}"
        elif method == "Runtime.consoleAPICalled":
            yield f"the console: {parameters['args']}"
        elif method == "Runtime.exceptionThrown":
            yield f"an exception: {parameters['exceptionDetails']['text']}"
        elif method == "Page.javascriptDialogOpening":
            yield f"a dialog: {parameters['message'][:100]}"
        elif method == "Audits.issueAdded" and parameters["issue"]["code"] == "ContentSecurityPolicyIssue":
            yield f"against the policy: {json.dumps(parameters['issue'])[:300]}"


# Elements that stick out to the right without a box around them that scrolls.
WIDE = """(() => {
  const wide = document.documentElement.scrollWidth, room = innerWidth;
  if (wide <= room) return null;
  const scrolls = (node) => {
    for (let at = node.parentElement; at; at = at.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const out = [...document.body.querySelectorAll("*")].filter(
    (node) => node.getBoundingClientRect().right > room + 1 && !scrolls(node));
  return wide + " > " + room + ": " + out.slice(0, 4).map((node) => node.outerHTML.slice(0, 120)).join(" || ");
})()"""


def check_page(browser, path, width, dark, shots):
    browser.open(path, width, 900, dark)
    name = f"{path.stem} at {width}{' dark' if dark else ''}"
    wide = browser.evaluate(WIDE)
    assert wide is None, f"{name}: {wide}"
    if shots:
        browser.shoot(shots / f"{path.stem}-{width}{'-dark' if dark else ''}.png")
    if path.stem != "crowd":
        browser.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
        wide = browser.evaluate(WIDE)
        assert wide is None, f"{name}, unfolded: {wide}"
        if shots and path.stem == "rich":
            browser.shoot(shots / f"{path.stem}-{width}{'-dark' if dark else ''}-open.png")
    found = list(complaints(browser.events))
    assert not found, f"{name}: {found[:3]}"


def check_filter(browser, path):
    browser.open(path, 1280, 900, False)
    count = "[...document.querySelectorAll('.file')].filter((item) => item.checkVisibility()).length"
    whole = browser.evaluate(count)
    browser.evaluate("""new Promise((done) => {
      const search = document.querySelector('form.filter input[type=search]');
      search.value = 'NGINX';
      search.dispatchEvent(new Event('input', {bubbles: true}));
      setTimeout(done, 600);
    })""")
    some = browser.evaluate(count)
    assert 0 < some < whole, f"the filter shows {some} of {whole}"
    assert browser.evaluate("document.querySelector('form.filter output').textContent") == f"{some} shown"
    opened = browser.evaluate("""new Promise((done) => {
      location.hash = '#f20';
      setTimeout(() => done(document.getElementById('f20').open), 600);
    })""")
    assert opened, "a link to a file opens it"


def check_without_script(browser, path):
    """What the page says does not depend on its script."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(path, 1280, 900, False)
    document = browser.call("DOM.getDocument", depth=1)
    form = browser.call("DOM.querySelector", nodeId=document["root"]["nodeId"], selector="form.filter[hidden]")
    assert form["nodeId"] != 0, "without a script the filter is not shown"
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


def main():
    program, *rest = sys.argv[1:]
    shots = pathlib.Path(rest[1]) if rest[:1] == ["--shots"] else None
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium here")
        sys.exit(77)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        work = pathlib.Path(directory)
        subprocess.run([program, directory], check=True)
        browser = Browser(chromium, directory + "/profile")
        try:
            for name in ("rich", "hostile", "forged-history", "split-layer", "platforms", "odd-images", "identical"):
                for width in (1280, 390):
                    for dark in (False, True) if name == "rich" else (False,):
                        check_page(browser, work / f"{name}.html", width, dark, shots)
            check_filter(browser, work / "rich.html")
            check_without_script(browser, work / "rich.html")
            before = time.monotonic()
            check_page(browser, work / "crowd.html", 1280, False, shots)
            taken = time.monotonic() - before
            assert taken < CROWD_LOAD, f"20,000 files: {taken:.1f} s"
            check_page(browser, work / "crowd.html", 390, False, None)
            if shots:
                browser.open(work / "rich.html", 1280, 900, False)
                pdf = browser.call("Page.printToPDF", printBackground=True)
                (shots / "rich.pdf").write_bytes(base64.b64decode(pdf["data"]))
        finally:
            browser.close()
    print(f"pages are in order; 20,000 files in {taken:.1f} s")


if __name__ == "__main__":
    main()
