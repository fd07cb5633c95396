"""Installs SecantusDB once: install.py TARGET makes TARGET, a virtual environment with the packages of requirements.txt.

What it does goes to stderr; pip's output to stdout, and at its end the reason if it fails. Checkouts of other versions use
TARGET too, if they name the same packages: it holds nothing else that they could differ in.
"""

import fcntl
import pathlib
import subprocess
import sys
from typing import NoReturn

HERE = pathlib.Path(__file__).parent
USE = ("-c", "import secantus.cli, wiredtiger")


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stderr=subprocess.STDOUT)


def works(target: pathlib.Path) -> bool:
    try:
        used = subprocess.run([target / "bin/python", *USE], capture_output=True)
        return used.returncode == 0 and (target / "complete").exists()
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
    run(target / "bin/python", *USE)
    (target / "complete").touch()  # last, so that it is missing where this was killed


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
