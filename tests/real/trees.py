"""The file trees that images are made of, from this machine's own Debian files, and making things once a run.

Each builder makes one thing once per run, below $TOUCHSTONE_REAL_DIR, and returns its path; a lock lets test programs
run in parallel."""
import contextlib
import fcntl
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import tool

WORK = pathlib.Path(os.environ.get("TOUCHSTONE_REAL_DIR") or tempfile.mkdtemp(prefix="touchstone-real-"))


def once(builder):
    """builder(target, *arguments) makes `target`, which does not exist yet; called once for the same arguments."""

    @functools.wraps(builder)
    def built(*arguments):
        WORK.mkdir(parents=True, exist_ok=True)
        name = "-".join([builder.__name__, *map(str, arguments)]).replace("/", "_").replace(":", "")
        target = WORK / name
        with open(WORK / f".{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                draft = WORK / f".{name}.draft"
                shutil.rmtree(draft, ignore_errors=True)
                builder(draft, *arguments)
                draft.rename(target)
        return target

    return built


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory(prefix="touchstone-real-") as path:
        yield pathlib.Path(path)


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def set_times(tree, time):
    """Every node as old as the build: what COPY and RUN leave behind."""
    subprocess.run(["find", tree, "-exec", "touch", "-h", "-d", time, "{}", "+"], check=True)


def package_files(*packages):
    listed = subprocess.run(["dpkg", "-L", *packages], capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted(
        {os.path.join(os.path.realpath(os.path.dirname(p)), os.path.basename(p)) for p in listed if p not in ("", "/.")}
    )


@once
def base_tree(target):
    """A root file system of a few MB from installed packages: setuid programs, symlinks, libraries, configuration."""
    target.mkdir()
    programs = ["/usr/bin/dash", "/usr/bin/rm", "/usr/bin/mkdir", "/usr/bin/touch", "/usr/bin/chmod", "/usr/bin/mv"]
    linked = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    libraries = {word for word in linked.split() if word.startswith("/") and not word.endswith(":")}
    files = {os.path.realpath(library) for library in libraries} | set(programs)
    files |= {
        path
        for path in package_files("passwd", "base-files", "debianutils")
        if "/locale/" not in path and "/man" not in path and not path.startswith("/usr/sbin/")
    }
    with scratch() as temp:
        (temp / "list").write_bytes(
            b"\0".join(os.fsencode(path.lstrip("/")) for path in sorted(files) if os.path.lexists(path))
        )
        tool("tar", "-C", "/", "--no-recursion", "--null", "-T", temp / "list", "-cf", temp / "tar")
        tool("tar", "-C", target, "-xpf", temp / "tar")
    for name in ("bin", "lib", "sbin", "lib64"):
        if not os.path.lexists(target / name):
            os.symlink(f"usr/{name}", target / name)
    for library in libraries:  # the names by which programs ask for the libraries
        link = target / os.path.realpath(os.path.dirname(library)).lstrip("/") / os.path.basename(library)
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            real = target / os.path.realpath(library).lstrip("/")
            os.symlink(os.path.relpath(real, link.parent), link)
    os.symlink("dash", target / "usr/bin/sh")


@once
def odd_tree(target):
    """What images may hold and simple tools lose: odd names, hardlinks, devices, xattrs, owners, holes, modes."""
    target.mkdir()
    root = os.fsencode(target)
    odd = os.path.join(root, b"odd")
    os.mkdir(odd)
    names = [
        b"with blank",
        b"-dash",
        b"new\nline",
        "gr\u00fc\u00dfe".encode(),
        b"not\xffutf8",
        b"back\\slash",
        b"x" * 255,
        b"tab\there",
        "\u202eevil".encode(),
        b"star*",
        b"quote'\"",
    ]
    for name in names:
        with open(os.path.join(odd, name), "wb") as file:
            file.write(name)
    deep = target / "/".join(["deep-folder-name"] * 12)
    write(deep / ("f" * 100), "a path over 256 bytes\n")
    write(target / "links/first", "three names, one inode\n")
    os.link(target / "links/first", target / "links/second")
    os.link(target / "links/first", target / "elsewhere")
    os.symlink("nowhere", target / "links/dangling")
    os.symlink("/links", target / "links/absolute")
    os.symlink("x" * 200, target / "links/long")
    special = target / "special"
    special.mkdir()
    os.mkfifo(special / "fifo", 0o600)
    os.mknod(special / "null", 0o666 | 0o020000, os.makedev(1, 3))
    os.mknod(special / "disk", 0o660 | 0o060000, os.makedev(259, 300))
    write(special / "capable", "#!/bin/sh\n", 0o755)
    tool(
        "setfattr", "-n", "security.capability", "-v", "0x0100000200200000000000000000000000000000", special / "capable"
    )
    tool("setfattr", "-n", "user.note", "-v", "0x00ff0a3d", special / "capable")
    write(special / "owned", "owned\n", 0o640)
    os.chown(special / "owned", 1000, 4_000_000)
    write(special / "setuid", "s\n")
    (special / "setuid").chmod(0o4755)
    (special / "shared").mkdir(mode=0o755)
    (special / "shared").chmod(0o3777)
    write(special / "empty", "")
    with open(special / "holes", "wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 18)
        file.write(b"island")
    os.utime(special / "empty", ns=(0, 1_700_000_000_123_456_789))


@once
def app_tree(target):
    """A small application, the upper layer of most pairs here; its only binary is a real one."""
    target.mkdir()
    (target / "usr/local/bin").mkdir(parents=True)
    shutil.copy("/usr/bin/env", target / "usr/local/bin/server")
    write(target / "usr/local/bin/start", "#!/bin/sh\nexec server\n", 0o755)
    write(target / "etc/server.conf", "port=8080\nroot=/srv\n")
    write(target / "srv/index.html", "<p>Built from source.</p>\n")
    os.symlink("start", target / "usr/local/bin/run")
    os.link(target / "srv/index.html", target / "srv/default.html")
    os.chown(target / "srv", 33, 33)


def copy_tree(source, target):
    """cp -a: owners, times, xattrs, hardlinks, devices and holes stay."""
    tool("cp", "-a", "--no-target-directory", source, target)
