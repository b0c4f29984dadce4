#!/usr/bin/env python3
"""Reads the HTML reports of all samples with Python's own parser: page_test.py REPORT_SAMPLES SCHEMA

No tag, attribute or entity comes from an image; tags are balanced; ids are unique and links have a target; the policy
names the script and the style sheet by their hashes and allows nothing else; sizes are bounded. The JSON of the samples
is validated, too.
"""
import base64
import hashlib
import html.parser
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import jsonschema

TAGS = set("a b body br button circle code dd defs details div dl dt figcaption figure footer form g h1 h2 h3 head header "
           "html i input label li main mark meta nav ol output p path pattern polygon pre rect script section span style "
           "sub summary svg table tbody td text th thead title tr tspan ul".split())
VOID = {"br", "input", "meta"}
ATTRIBUTES = set("aria-hidden aria-label aria-live autocomplete charset checked class colspan content cx cy d data-for "
                 "data-standing focusable height hidden href http-equiv id lang name open patterntransform patternunits "
                 "placeholder points preserveaspectratio r role rx scope spellcheck tabindex title type value viewbox "
                 "width x y".split())
PAGE_LIMIT = 8_000_000
MARKDOWN_LIMIT = 1 << 20


class Page(html.parser.HTMLParser):
    def __init__(self, name):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.ids, self.links, self.policy = name, [], [], [], None
        self.raw = {"script": [], "style": []}
        self.text = []

    def check(self, good, message):
        assert good, f"{self.name}:{self.getpos()[0]}: {message}"

    def handle_starttag(self, tag, attributes):
        self.check(tag in TAGS, f"<{tag}> is none of ours")
        names = [name for name, _ in attributes]
        self.check(len(names) == len(set(names)), f"an attribute twice in <{tag}>")
        for name, value in attributes:
            self.check(name in ATTRIBUTES, f"attribute {name} is none of ours")
            self.check(not name.startswith("on") and name != "style", f"attribute {name}")
            if name == "href":
                self.check(value.startswith("#"), f"a link that leaves the page: {value}")
                self.links.append(value[1:])
            if name == "id":
                self.ids.append(value)
        values = dict(attributes)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        self.check(tag not in VOID, f"</{tag}>")
        self.check(self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1] if self.open else None}>")
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)
        else:
            self.text.append(data)
            for character in data:
                shown = character in "\n\t" or ord(character) >= 0x20 and not 0x7F <= ord(character) <= 0x9F
                self.check(shown and character not in "\u202e\u2028\u2029\u200b\ufeff", f"{character!r} in the text")

    def handle_comment(self, data):
        self.check(False, f"a comment: {data[:60]}")

    def unknown_decl(self, data):
        self.check(False, f"a declaration: {data[:60]}")

    def handle_pi(self, data):
        self.check(False, f"a processing instruction: {data[:60]}")


def source_hash(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def check_page(path):
    raw = path.read_bytes()
    assert len(raw) <= PAGE_LIMIT, f"{path.name}: {len(raw)} bytes"
    text = raw.decode("utf-8")
    assert text.startswith("<!DOCTYPE html>\n") and text.endswith("</html>\n"), path.name
    page = Page(path.name)
    page.feed(text)
    page.close()
    assert page.open == [], f"{path.name}: not closed: {page.open}"
    assert len(page.raw["script"]) == 1 and len(page.raw["style"]) == 1, f"{path.name}: one script, one style sheet"
    wanted = {"default-src": "'none'", "script-src": source_hash(page.raw["script"][0]),
              "style-src": source_hash(page.raw["style"][0]), "base-uri": "'none'", "form-action": "'none'"}
    found = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert found == wanted, f"{path.name}: {found}"
    assert len(page.ids) == len(set(page.ids)), f"{path.name}: an id twice"
    lost = [link for link in page.links if link not in page.ids]
    assert not lost, f"{path.name}: links to nowhere: {lost[:5]}"
    assert not re.search(r"url\(\s*['\"]?(?!#)", page.raw["style"][0]), f"{path.name}: the style sheet fetches"
    return page


# What GitHub links or parses outside code: a mention, a reference, an address, markup that is not one of ours.
MARKDOWN_TAGS = re.compile(r"</?(?:details|summary|code|sub|b|br)>|<!-- -->")


def without_code(text):
    """The Markdown without its fenced blocks, code spans and <code> elements, as CommonMark finds them."""
    kept, fence = [], None
    for line in text.split("\n"):
        if fence:
            if re.fullmatch(f"`{{{len(fence)},}} *", line):
                fence = None
            continue
        opening = re.match(r"(`{3,})[a-z]*$", line)
        if opening:
            fence = opening.group(1)
            continue
        line = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line)
        kept.append(re.sub(r"<code>[^<>`|]*</code>", "", line))
    assert fence is None, "a fence that is not closed"
    return "\n".join(kept)


def check_markdown(path):
    raw = path.read_bytes()
    assert len(raw) <= MARKDOWN_LIMIT, f"{path.name}: {len(raw)} bytes"
    text = raw.decode("utf-8")
    for character in text:
        assert character == "\n" or ord(character) >= 0x20 and not 0x7F <= ord(character) <= 0x9F, repr(character)
    prose = without_code(text)
    rest = MARKDOWN_TAGS.sub("", prose)
    for sign in ("<script", "<img", "<svg", "@torvalds", "https://evil", "www.", "](", "![", "GH-1", "#1"):
        assert sign not in rest, f"{path.name}: {sign} outside code"
    assert not re.search(r"<[a-zA-Z/!]", rest), f"{path.name}: markup outside code: {re.search('<.{40}', rest)}"
    assert prose.count("<details>") == prose.count("</details>"), f"{path.name}: details are not balanced"
    for line in prose.split("\n"):
        if line.startswith("|"):
            assert line.endswith("|"), f"{path.name}: a row that is cut: {line[:80]}"


def main():
    program, schema_name = sys.argv[1:]
    schema = json.loads(pathlib.Path(schema_name).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    with tempfile.TemporaryDirectory() as directory:
        before = time.monotonic()
        subprocess.run([program, directory], check=True)
        taken = time.monotonic() - before
        pages = sorted(pathlib.Path(directory).glob("*.html"))
        assert len(pages) >= 10, pages
        for path in pages:
            page = check_page(path)
            text = "".join(page.text)
            if path.stem == "rich":
                for wanted in ("Divergent", "What to change", "libssl3", "META-INF/MANIFEST.MF", "/config/User"):
                    assert wanted in text, f"rich.html does not say {wanted}"
            if path.stem == "hostile":
                assert "<script>alert(1)</script>" in text, "hostile texts are shown as what they are"
            check_markdown(path.with_suffix(".md"))
            document = json.loads(path.with_suffix(".json").read_bytes())
            error = jsonschema.exceptions.best_match(validator.iter_errors(document))
            assert error is None, f"{path.stem}.json: {error.message} at {list(error.absolute_path)}"
        print(f"{len(pages)} pages, made in {taken:.1f} s")


if __name__ == "__main__":
    main()
