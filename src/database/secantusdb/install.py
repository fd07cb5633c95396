"""Installs SecantusDB once: install.py TARGET makes TARGET/mongod, a launcher around a virtual environment."""

import fcntl
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
LAUNCHER = """#!/bin/sh
here=$(dirname "$0")
exec "$here/bin/python" "$here/mongod.py" "$@"
"""


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr)


def install(target: pathlib.Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    print("Installing SecantusDB, the embedded database (once, about 145 MB) ...", file=sys.stderr)
    run(sys.executable, "-m", "venv", target)
    # fmt: off
    run(
        target / "bin/python", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:",
        "--no-deps", "--disable-pip-version-check", "--timeout", "10", "--retries", "1",
        "--requirement", HERE / "requirements.txt",
    )
    # fmt: on
    shutil.copy(HERE / "mongod.py", target)
    (target / "secantusd.toml").touch()  # empty, so that no configuration of this machine is picked up
    unfinished = target / "mongod.unfinished"
    unfinished.write_text(LAUNCHER)
    unfinished.chmod(0o755)
    unfinished.rename(target / "mongod")  # its presence means that all before it succeeded


def main(target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # The kernel gives the lock back when its holder ends, however it ends.
    with open(f"{target}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process is installing SecantusDB; waiting for it ...", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "mongod").exists():
            install(target)


if not (3, 10) <= sys.version_info < (3, 14):
    sys.exit(f"SecantusDB needs Python 3.10 to 3.13, this is {sys.version.split()[0]}")
try:
    main(pathlib.Path(sys.argv[1]))
except subprocess.CalledProcessError as error:
    sys.exit(f"{' '.join(error.cmd[:4])} ended with {error.returncode}")
