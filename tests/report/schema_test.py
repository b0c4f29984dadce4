#!/usr/bin/env python3
"""Validates JSON files against a schema of docs/: schema_test.py [--lines] SCHEMA FILE...

Also proves that the schema is strict: a document with an unknown or a missing key, or of another version, must not pass.
With --lines every line of the files is a document of its own.
"""
import copy
import json
import sys

import jsonschema


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate keys in {keys}"
    return dict(pairs)


def read(name, lines):
    with open(name, "rb") as file:
        raw = file.read()
    assert raw.endswith(b"\n") and not raw.endswith(b"\n\n"), f"{name}: one LF at the end"
    texts = raw.decode("utf-8").splitlines() if lines else [raw.decode("utf-8")]
    return [json.loads(text, object_pairs_hook=no_duplicates) for text in texts]


def spoiled_copies(document):
    for key in ("schema", "tool", "path", "mode"):
        if key in document:
            without = copy.deepcopy(document)
            del without[key]
            yield without
    for change in ({"surprise": 1}, {"schema": "touchstone.report/2"}):
        yield {**copy.deepcopy(document), **change}
    if "verdict" in document:
        yield {**copy.deepcopy(document), "verdict": "fine"}


def main():
    args = sys.argv[1:]
    lines = args[0] == "--lines"
    schema_name, *files = args[1:] if lines else args
    assert files, "no file to validate"
    with open(schema_name, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    count = 0
    for name in files:
        for document in read(name, lines):
            error = jsonschema.exceptions.best_match(validator.iter_errors(document))
            assert error is None, f"{name}: {error.message} at {list(error.absolute_path)}"
            count += 1
        for spoiled in spoiled_copies(document):
            assert not validator.is_valid(spoiled), f"{name}: the schema lets a spoiled document pass: {spoiled.keys()}"
    print(f"{count} documents are valid")


if __name__ == "__main__":
    main()
