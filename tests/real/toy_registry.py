"""A registry of the distribution spec 1.1 in memory, as strict with uploads as the spec lets it be, and with what Debian's
docker-registry lacks: uploads that are gone on with, chunks of a least size, the referrers API, If-Match."""
import hashlib
import json
import re
import urllib.parse

import registries

INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class ToyRegistry(registries.Server):
    """`before(registry, handler)` may answer itself (True); `break_body(registry, handler)` may say after how many bytes
    of a body the connection breaks."""

    def __init__(self, referrers=True, least_chunk=0, page=100, etags=False, before=None, break_body=None, tls=None):
        self.referrers, self.least_chunk, self.page, self.etags = referrers, least_chunk, page, etags
        self.before, self.break_body = before, break_body
        self.blobs = {}  # (repository, digest): bytes
        self.manifests = {}  # (repository, digest or tag): (type, bytes)
        self.uploads = {}  # id: [repository, bytearray, state, sizes of chunks]
        self.statuses = 0  # how often an upload's was asked for
        self.seen = {}
        super().__init__(tls)

    def count(self, key):
        with self.lock:
            self.seen[key] = self.seen.get(key, 0) + 1
            return self.seen[key] - 1

    def break_at(self, handler):
        return self.break_body(self, handler) if self.break_body else None

    def broken(self, handler):
        upload = self.upload_of(handler)
        if upload is not None and handler.command == "PATCH":
            upload[1] += handler.body

    def upload_of(self, handler):
        found = re.search(r"/blobs/uploads/(\w+)", handler.path)
        return self.uploads.get(found[1]) if found else None

    def answer(self, handler):
        if self.before and self.before(self, handler):
            return None
        url = urllib.parse.urlsplit(handler.path)
        if url.path == "/v2/":
            return handler.send(200, [])
        found = re.fullmatch(r"/v2/(.+?)/(blobs/uploads|blobs|manifests|referrers)/(.*)", url.path)
        if not found:
            return handler.send(404, [])
        repository, kind, rest = found.groups()
        query = urllib.parse.parse_qs(url.query)
        return getattr(self, "take_" + kind.replace("/", "_"))(handler, repository, rest, query)

    def problem(self, handler, status, code):
        body = json.dumps({"errors": [{"code": code, "message": "so \x1b[31mit is"}]}).encode()
        handler.send(status, [("Content-Type", "application/json")], body)

    def give(self, handler, kind, data, *headers):
        handler.send(200, [("Content-Type", kind), ("Docker-Content-Digest", digest_of(data)), *headers], data)

    def take_blobs(self, handler, repository, digest, _):
        data = self.blobs.get((repository, digest))
        if data is None:
            return self.problem(handler, 404, "BLOB_UNKNOWN")
        if handler.command == "HEAD":
            return handler.send_head(200, len(data), [("Docker-Content-Digest", digest)])
        return self.give(handler, "application/octet-stream", data)

    def take_blobs_uploads(self, handler, repository, identity, query):
        if not identity:
            return self.begin(handler, repository, query)
        upload = self.uploads.get(identity)
        if upload is None or upload[0] != repository:
            return self.problem(handler, 404, "BLOB_UPLOAD_UNKNOWN")
        if handler.command == "GET":
            self.statuses += 1
            return handler.send(204, self.where(identity))
        if handler.command == "DELETE":
            del self.uploads[identity]
            return handler.send(204, [])
        if query.get("state") != [str(upload[2])]:
            return self.problem(handler, 404, "BLOB_UPLOAD_UNKNOWN")  # not the last Location
        if handler.command == "PATCH":
            return self.chunk(handler, identity, upload)
        return self.finish(handler, repository, identity, upload, query)

    def begin(self, handler, repository, query):
        if "mount" in query and (query["from"][0], query["mount"][0]) in self.blobs:
            self.blobs[repository, query["mount"][0]] = self.blobs[query["from"][0], query["mount"][0]]
            return handler.send(201, [("Location", f"/v2/{repository}/blobs/{query['mount'][0]}")])
        identity = f"u{len(self.uploads)}"
        self.uploads[identity] = [repository, bytearray(), 0, []]
        least = [("OCI-Chunk-Min-Length", str(self.least_chunk))] if self.least_chunk else []
        return handler.send(202, self.where(identity) + least)

    def where(self, identity):
        repository, data, state, _ = self.uploads[identity]
        return [("Location", f"/v2/{repository}/blobs/uploads/{identity}?state={state}"),
                ("Range", f"0-{max(0, len(data) - 1)}")]

    def chunk(self, handler, identity, upload):
        first, last = map(int, re.fullmatch(r"(\d+)-(\d+)", handler.headers["Content-Range"]).groups())
        if first != len(upload[1]) or last - first + 1 != len(handler.body):
            return handler.send(416, self.where(identity))
        upload[1] += handler.body
        upload[2] += 1
        upload[3].append(len(handler.body))
        return handler.send(202, self.where(identity))

    def finish(self, handler, repository, identity, upload, query):
        data = bytes(upload[1]) + handler.body
        too_small = [size for size in upload[3][:-1] if size < self.least_chunk]
        if too_small or digest_of(data) != query["digest"][0]:
            return self.problem(handler, 400, "DIGEST_INVALID")
        self.blobs[repository, digest_of(data)] = data
        del self.uploads[identity]
        return handler.send(201, [("Location", f"/v2/{repository}/blobs/{digest_of(data)}")])

    def take_manifests(self, handler, repository, reference, _):
        known = self.manifests.get((repository, reference))
        if handler.command in ("GET", "HEAD"):
            if known is None:
                return self.problem(handler, 404, "MANIFEST_UNKNOWN")
            etag = [("ETag", f'"{digest_of(known[1])}"')] if self.etags else []
            if handler.command == "HEAD":
                return handler.send_head(200, len(known[1]), [("Docker-Content-Digest", digest_of(known[1]))])
            return self.give(handler, *known, *etag)
        wanted = handler.headers["If-Match"]
        if self.etags and wanted is not None and (known is None or wanted != f'"{digest_of(known[1])}"'):
            return self.problem(handler, 412, "DENIED")
        document = json.loads(handler.body)
        parts = [document["config"], *document["layers"]] if "layers" in document else []
        if any((repository, part["digest"]) not in self.blobs for part in parts):
            return self.problem(handler, 404, "MANIFEST_BLOB_UNKNOWN")
        digest = digest_of(handler.body)
        for name in {reference, digest}:
            self.manifests[repository, name] = (handler.headers["Content-Type"], handler.body)
        headers = [("Location", f"/v2/{repository}/manifests/{digest}"), ("Docker-Content-Digest", digest)]
        if self.referrers and "subject" in document:
            headers.append(("OCI-Subject", document["subject"]["digest"]))
        return handler.send(201, headers)

    def entries(self, repository, subject):
        for (where, name), (kind, data) in sorted(self.manifests.items()):
            document = json.loads(data)
            if where == repository and ":" in name and document.get("subject", {}).get("digest") == subject:
                yield {"mediaType": kind, "digest": name, "size": len(data), "artifactType": document["artifactType"],
                       "annotations": document.get("annotations", {})}

    def take_referrers(self, handler, repository, subject, query):
        if not self.referrers:
            return self.problem(handler, 404, "NOT_FOUND")
        entries = list(self.entries(repository, subject))
        headers = []
        if "artifactType" in query:
            entries = [entry for entry in entries if entry["artifactType"] == query["artifactType"][0]]
            headers.append(("OCI-Filters-Applied", "artifactType"))
        first = int(query.get("first", ["0"])[0])
        if first + self.page < len(entries):
            headers.append(("Link", f'</v2/{repository}/referrers/{subject}?first={first + self.page}>; rel="next"'))
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries[first : first + self.page]}
        handler.send(200, [("Content-Type", INDEX), *headers], json.dumps(index).encode())
