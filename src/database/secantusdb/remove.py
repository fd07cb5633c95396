"""Removes the installations of SecantusDB that are given, but none that a running database uses; says what stays, and why."""

import fcntl
import shutil
import sys

for target in sys.argv[1:]:
    try:
        # The lock file stays: another process may hold it open already, to install there next.
        with open(f"{target}.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(target)
    except BlockingIOError:
        print(f"{target} is in use by a running database: stop that first.")
    except OSError as error:
        print(f"{error.filename} cannot be removed: {error.strerror}.")
