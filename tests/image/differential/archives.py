"""Random trees, and well-formed archives of them by every writer and format at hand. The same seed gives the same trees."""
import os
import pathlib
import random
import stat
import subprocess
import tarfile

UNICODE = "äßλжｗ漢🙂"


def random_name(rng, longest):
    length = rng.choice([1, 3, 8, 8, 8, 20, min(60, longest), longest])
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-_. "
    name = "".join(rng.choice(letters) for _ in range(max(1, min(length, longest)))).strip(". ") or "x"
    return name if rng.random() > 0.1 or longest < 40 else name[:20] + rng.choice(UNICODE)


def write_content(rng, path, sparse):
    size = rng.choice([0, 1, 100, 511, 512, 513, 1024, 5000, 70000, 300000])
    with open(path, "wb") as out:
        if sparse and rng.random() < 0.5:
            for _ in range(rng.randrange(12)):
                out.seek(rng.randrange(1, 40) * 4096, os.SEEK_CUR)
                out.write(rng.randbytes(rng.choice([1, 4096, 5000])))
            out.truncate(out.tell() + rng.choice([0, 8192]))
        else:
            out.write(rng.randbytes(size))


def make_tree(rng, root, *, longest, plain, sparse=False):
    """`plain`: only what old formats can say (short names and links, small owners, whole seconds)."""
    root.mkdir(parents=True)
    directories, files = [root], []
    for _ in range(rng.randrange(15, 40)):
        parent = rng.choice(directories)
        path = parent / random_name(rng, longest)
        if path.exists() or path.is_symlink() or (plain and len(str(path.relative_to(root))) > 90):
            continue
        kind = rng.random()
        if kind < 0.5:
            write_content(rng, path, sparse)
            files.append(path)
        elif kind < 0.7:
            path.mkdir()
            directories.append(path)
        elif kind < 0.8:
            path.symlink_to("/" + random_name(rng, 90 if plain else 200))
        elif kind < 0.9 and files:
            os.link(rng.choice(files), path)
        elif kind < 0.95:
            os.mkfifo(path)
        elif os.geteuid() == 0 and not plain:
            try:
                os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(rng.randrange(1, 4000), rng.randrange(1, 70000)))
            except PermissionError:
                continue
    for path in sorted(root.rglob("*")):
        if not path.is_symlink() and not path.is_dir():
            os.chmod(path, rng.choice([0o644, 0o755, 0o600, 0o4755, 0o2711]))
        if os.geteuid() == 0:
            ids = [0, 1, 1000, 65534] + ([] if plain else [2097152, 4000000000])
            os.chown(path, rng.choice(ids), rng.choice(ids), follow_symlinks=False)
            if not plain and path.is_file() and not path.is_symlink() and rng.random() < 0.2:
                try:
                    os.setxattr(path, "user.note", rng.randbytes(rng.randrange(1, 40)))
                except OSError:
                    pass
        seconds = rng.choice([0, 1, 315532800, 1700000000])
        # CPython writes one nanosecond after the epoch as "1e-09", which Go refuses.
        fraction = 0 if plain or seconds == 0 else rng.choice([0, 0, 1, 500000000, 999999999])
        os.utime(path, ns=(10**18, seconds * 10**9 + fraction), follow_symlinks=False)


def gnu_tar(tree, out, *options, leaves_out=False):
    """`leaves_out`: the format cannot hold every type; GNU tar says so with status 2 and writes the rest."""
    subprocess.run(["tar", "-C", tree, "-cf", out, *options, "."], check=not leaves_out, stderr=subprocess.DEVNULL)


def bsd_tar(tree, out, *options):
    subprocess.run(["bsdtar", "-C", tree, "-cf", out, *options, "."], check=True, stderr=subprocess.DEVNULL)


def python_tar(tree, out, form):
    with tarfile.open(out, "w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        archive.add(tree, ".")


WRITERS = [
    ("gnu-gnu", False, lambda t, o: gnu_tar(t, o, "--format=gnu")),
    ("gnu-oldgnu", False, lambda t, o: gnu_tar(t, o, "--format=oldgnu")),
    ("gnu-posix", False, lambda t, o: gnu_tar(t, o, "--format=posix")),
    ("gnu-posix-xattrs", False, lambda t, o: gnu_tar(t, o, "--format=posix", "--xattrs")),
    ("gnu-posix-clamped", False,
     lambda t, o: gnu_tar(t, o, "--format=posix", "--sort=name", "--numeric-owner",
                          "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime")),
    ("gnu-ustar", True, lambda t, o: gnu_tar(t, o, "--format=ustar")),
    ("gnu-v7", True, lambda t, o: gnu_tar(t, o, "--format=v7", leaves_out=True)),
    ("bsd-pax", False, lambda t, o: bsd_tar(t, o, "--format=pax")),
    ("bsd-restricted", False, lambda t, o: bsd_tar(t, o, "--format=paxr")),
    ("bsd-gnutar", False, lambda t, o: bsd_tar(t, o, "--format=gnutar")),
    ("bsd-ustar", True, lambda t, o: bsd_tar(t, o, "--format=ustar")),
    ("python-pax", False, lambda t, o: python_tar(t, o, tarfile.PAX_FORMAT)),
    ("python-gnu", False, lambda t, o: python_tar(t, o, tarfile.GNU_FORMAT)),
    ("python-ustar", True, lambda t, o: python_tar(t, o, tarfile.USTAR_FORMAT)),
]
SPARSE_WRITERS = [
    ("gnu-sparse-gnu", lambda t, o: gnu_tar(t, o, "-S", "--format=gnu")),
    ("gnu-sparse-0.0", lambda t, o: gnu_tar(t, o, "-S", "--format=posix", "--sparse-version=0.0")),
    ("gnu-sparse-0.1", lambda t, o: gnu_tar(t, o, "-S", "--format=posix", "--sparse-version=0.1")),
    ("gnu-sparse-1.0", lambda t, o: gnu_tar(t, o, "-S", "--format=posix", "--sparse-version=1.0")),
]


def make_all(directory, seed, rounds=4):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True)
    paths = []
    for number in range(rounds):
        rng = random.Random(seed * 1000 + number)
        trees = {}
        for kind, options in (("rich", {"longest": 120, "plain": False}), ("plain", {"longest": 20, "plain": True}),
                              ("sparse", {"longest": 60, "plain": False, "sparse": True})):
            trees[kind] = directory / f"tree-{number}-{kind}"
            make_tree(rng, trees[kind], **options)
        jobs = [(name, trees["plain" if plain else "rich"], write) for name, plain, write in WRITERS]
        jobs += [(name, trees["sparse"], write) for name, write in SPARSE_WRITERS]
        for name, tree, write in jobs:
            out = str(directory / f"{name}-{number}.tar")
            write(str(tree), out)
            paths.append(out)
    return paths
