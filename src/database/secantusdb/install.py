"""Installs SecantusDB once: install.py TARGET makes TARGET/mongod, a launcher around a virtual environment.

What it does goes to stderr; pip's output to stdout, and at its end the reason if it fails.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
from typing import NoReturn

HERE = pathlib.Path(__file__).parent
LAUNCHER = """#!/bin/sh
here=$(dirname "$0")
exec "$here/bin/python" "$here/mongod.py" "$@"
"""


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stderr=subprocess.STDOUT)


def works(target: pathlib.Path) -> bool:
    try:
        return subprocess.run([target / "mongod", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def install(target: pathlib.Path) -> None:
    print(f"Installing SecantusDB, the embedded database, in {target} (once) ...", file=sys.stderr)
    run(sys.executable, "-m", "venv", "--clear", target)
    # fmt: off
    run(
        target / "bin/python", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:",
        "--no-deps", "--disable-pip-version-check", "--progress-bar", "off", "--timeout", "10", "--retries", "1",
        "--requirement", HERE / "requirements.txt",
    )
    # fmt: on
    shutil.copy(HERE / "mongod.py", target)
    (target / "secantusd.toml").touch()  # empty, so that no configuration of this machine is picked up
    launcher = target / "mongod"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    run(launcher, "--version")


def fail(reason: str) -> NoReturn:
    print(reason)
    sys.exit(1)


def main(target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Databases that run hold this lock together. The kernel gives it back when its holder ends, however it ends.
    with open(f"{target}.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process is installing SecantusDB; waiting for it ...", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_SH)
            if not works(target):
                fail(f"{target} is broken, and a running database still uses it: stop that database first")
        if not works(target):
            install(target)


try:
    main(pathlib.Path(sys.argv[1]))
except OSError as error:
    fail(f"{error.filename or sys.argv[1]} cannot be written: {error.strerror}; name another folder in XDG_CACHE_HOME")
except subprocess.CalledProcessError as error:
    fail(f"{' '.join(error.cmd[:4])} ended with {error.returncode}")
