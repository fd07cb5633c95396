"""Runs SecantusDB behind the part of mongod's command line that mongodb-memory-server uses."""

import argparse
import contextlib
import ctypes
import fcntl
import logging
import os
import pathlib
import signal
import socket
import sys

import wiredtiger
from secantus import cli, commands, config, server
from secantus.storage import Storage

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


class WholeChanges(Storage):
    """
    Makes a change of the catalog in one transaction. Without it every entry of an index, and every document of a renamed
    collection, is a transaction of its own: a process that is killed leaves half of them.
    """

    MOST_BYTES = 8 * 2**20
    """Of the documents: what a transaction has changed must fit into the cache."""

    def create_index(self, db, coll, *rest, **options):
        return self._whole(super().create_index, [(db, coll)], *rest, **options)

    def drop_index(self, db, coll, *rest, **options):
        return self._whole(super().drop_index, [(db, coll)], *rest, **options)

    def drop_all_indexes(self, db, coll):
        return self._whole(super().drop_all_indexes, [(db, coll)])

    def drop_collection(self, db, coll):
        return self._whole(super().drop_collection, [(db, coll)])

    def rename_collection(self, db, coll, to_db, to_coll, **options):
        self._ensure_doc_shard(to_db, to_coll)  # a table cannot be made within a transaction
        return self._whole(super().rename_collection, [(db, coll), (to_db, to_coll)], **options)

    def _whole(self, change, collections, *rest, **options):
        names = [name for collection in collections for name in collection]
        with contextlib.ExitStack() as locks:
            for collection in sorted(set(collections)):
                locks.enter_context(self._coll_lock(*collection))
            locks.enter_context(self._lock)
            if sum(self.collection_data_size(*collection) for collection in collections) > self.MOST_BYTES:
                return change(*names, *rest, **options)
            self._refresh_read_snapshot()
            try:
                with self._batch_transaction():
                    return change(*names, *rest, **options)
            except wiredtiger.WiredTigerRollbackError:  # it did not fit all the same
                return change(*names, *rest, **options)


    def _batch_transaction(self, *, sync=False):
        return super()._batch_transaction()  # dispatch waits for the disk

    def synchronize(self):
        self._session().log_flush("sync=on")


def dispatch(command, context):
    """
    Waits for the disk once for each command, before it is acknowledged. SecantusDB's own --sync-on-commit waits once for
    each document, and without it the write concern of commitTransaction goes unseen.
    """
    name = commands.command_name(command)
    if name == "ping" and is_disk_full():
        return DISK_FULL
    answer = commands.dispatch(command, context)
    has_failed = answer.get("code") == 1  # InternalError
    if has_failed and is_disk_full():
        return DISK_FULL
    if has_failed or name not in READS:
        try:
            context.storage.synchronize()
        except Exception as error:
            # The storage engine has given up, for example because the disk is full. As mongod, it can only be started again.
            print(f"exception: the files of the database cannot be written: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    return answer


DISK_FULL = {"ok": 0.0, "errmsg": "no space left on device", "code": 14031, "codeName": "OutOfDiskSpace"}


def is_disk_full():
    disk = os.statvfs(options.dbpath)
    return disk.f_bavail * disk.f_frsize < 2**20


READS = {"find", "getMore", "count", "hello", "isMaster", "ismaster", "ping"}


class PromptServer(server.SecantusDBServer):
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


def hold_installation():
    """Keeps this installation from being removed while it runs. The kernel frees the lock when this process ends."""
    file = open(f"{sys.prefix}.lock")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
end_with_parent()
held = hold_installation(), lock(options.dbpath)
logging.getLogger("secantus.server").addHandler(AnnounceReady())
cli.load_config = lambda _path: (config.SecantusConfig(), None)  # no configuration of this machine is picked up
server.Storage = WholeChanges
server.dispatch = dispatch
cli.SecantusDBServer = PromptServer
# fmt: off
arguments = [
    "--host", options.bind_ip, "--port", options.port, "--storage-path", str(options.dbpath),
    "--cache-size", f"{options.wiredTigerCacheSizeGB}G",
]
# fmt: on
try:
    sys.exit(cli.main(arguments))
except Exception as error:  # told as mongod tells it
    sys.exit(f"exception in initAndListen: {type(error).__name__}: {error}")
