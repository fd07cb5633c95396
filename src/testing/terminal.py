"""terminal.py SIGNAL PATTERN COMMAND ...: runs a command in a terminal of its own, and closes that when stdin ends.

SIGNAL says whether the command then gets SIGHUP, as from the terminal that controls it: `SIGHUP` or `none`.
Prints a line when the command has printed what matches the pattern, and the command's exit status, or minus its signal, at the end.
"""

import os
import pty
import re
import select
import subprocess
import sys

signal, pattern, *command = sys.argv[1:]
if signal == "none":
    terminal, end = pty.openpty()
    process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, start_new_session=True)
    child = process.pid
    os.close(end)
else:
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)

printed = b""
is_told = False
while True:
    ready, _, _ = select.select([terminal, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    try:
        printed += os.read(terminal, 65536)
    except OSError:  # the command has ended
        sys.exit(f"it ended too early: {printed.decode()}")
    if not is_told and re.search(pattern.encode(), printed):
        print("matched", flush=True)
        is_told = True
os.close(terminal)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
