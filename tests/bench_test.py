"""The arithmetic of bench/measure.py: what a command must do to which blobs, and what the floor of that is. Expected values
are added up by hand; no program runs, and no clock."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import measure


def layer(name):
    return {"digest": f"sha256:{name}", "path": name}


def timed(inflate=0, stored=0, stream=0, content=0):
    seconds = {"inflate": inflate, "stored": stored, "stream": stream, "content": content}
    return {part: {"seconds": value, "bytes": 1 if value else 0} for part, value in seconds.items()}


BLOBS = {
    "base": timed(inflate=40, stored=10, stream=20, content=20),
    "top": timed(inflate=4, stored=1, stream=2, content=2),
    "top2": timed(inflate=8, stored=2, stream=4, content=4),
    "plain": timed(stored=6, content=5),
}


def pair(published, rebuilt):
    return {"sides": [[layer(name) for name in side.split()] for side in (published, rebuilt)]}


class FloorTest(unittest.TestCase):
    def setUp(self):
        self.cores, measure.CORES = measure.CORES, 2

    def tearDown(self):
        measure.CORES = self.cores

    def test_floors(self):
        rows = [
            ("every distinct blob is inflated and hashed three times, on both cores", "diff", "top", "top2", (9 + 18) / 2),
            ("a blob that both sides have apart from the bottom is read once", "diff", "top top2", "top2 top", (9 + 18) / 2),
            ("the shared bottom costs the SHA-256 of both copies", "diff", "base top", "base top2", (10 + 10 + 9 + 18) / 2),
            ("equal images cost that and nothing else", "diff", "base", "base", (10 + 10) / 2),
            ("one stream is inflated on one core, more than half of the 40 + 10 + 20", "verify", "base", "base", 40),
            ("verify needs no contents", "verify", "top top2", "base", (7 + 14) / 2),
            ("ls --json does", "ls-json", "top top2", "base", (9 + 18) / 2),
            ("what is stored plain is hashed once", "verify", "plain", "base", 6 / 2),
            ("normalize hashes what it writes, not the contents", "normalize", "top top2", "base", (9 + 18) / 2),
            ("of a plain layer that is as long as what is stored", "normalize", "plain", "base", (6 + 6) / 2),
            ("the tree of one layer is hashed beside it", "digest", "top", "base", (9 + 2) / 2),
            ("that of several behind them, on one core", "digest", "top top2", "base", (9 + 18) / 2 + 2 + 4),
        ]
        for what, command, published, rebuilt, expected in rows:
            with self.subTest(what):
                self.assertAlmostEqual(measure.floor_of(command, pair(published, rebuilt), BLOBS), expected)

    def test_one_core_does_it_all(self):
        measure.CORES = 1
        self.assertAlmostEqual(measure.floor_of("diff", pair("top", "top2"), BLOBS), 9 + 18)


if __name__ == "__main__":
    unittest.main()
