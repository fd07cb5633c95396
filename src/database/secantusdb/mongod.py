"""Runs SecantusDB behind the part of mongod's command line that mongodb-memory-server uses."""

import argparse
import contextlib
import ctypes
import fcntl
import logging
import pathlib
import signal
import socket
import sys

from secantus import cli
from secantus.server import SecantusDBServer

VERSION = "8.2.6"  # what mongodb-memory-server asks for

parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--version", action="store_true")
parser.add_argument("--port")
parser.add_argument("--bind_ip", default="127.0.0.1")
parser.add_argument("--dbpath", type=pathlib.Path)
parser.add_argument("--wiredTigerCacheSizeGB", type=int, default=1)
options, _ = parser.parse_known_args()

if options.version:
    print(f"db version v{VERSION}")
    sys.exit()


class AnnounceReady(logging.Handler):
    """mongodb-memory-server waits for mongod's own words."""

    def emit(self, record: logging.LogRecord) -> None:
        if "listening" in record.getMessage():
            print("waiting for connections", flush=True)


class PromptServer(SecantusDBServer):
    """Stops at once. Closing a listening socket does not wake the thread that waits in accept(2), which costs 2 s."""

    def stop(self) -> None:
        # A second signal would enter this again, on the same thread, and wait for ever for a lock that the first one has.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        super().stop()


def end_with_parent() -> None:
    """On Linux the kernel asks this process to end with the one that started it; elsewhere mongodb-memory-server does."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1  # prctl(2)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def lock(directory: pathlib.Path):
    """As mongod does, refuses a directory that another process serves. The kernel frees the lock when this process ends."""
    file = open(directory / "mongod.lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"exception in initAndListen: DBPathInUse: {directory} is served by another process")
    return file


signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
end_with_parent()
held = lock(options.dbpath)
logging.getLogger("secantus.server").addHandler(AnnounceReady())
config = pathlib.Path(__file__).with_name("secantusd.toml")
# fmt: off
cli.SecantusDBServer = PromptServer
sys.exit(cli.main([
    "--config", str(config), "--host", options.bind_ip, "--port", options.port, "--storage-path", str(options.dbpath),
    "--cache-size", f"{options.wiredTigerCacheSizeGB}G",
    "--sync-on-commit",  # it does not see the write concern of commitTransaction
]))
# fmt: on
