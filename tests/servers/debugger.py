"""Holds one thread of a process, as a debugger does: the others go on, and nothing in the process knows of it.

    debugger.py PID THREAD_NAME

Prints {"event": "held"} when the thread stands still. It goes on when this ends, and this ends when its standard input does, so a test
that fails leaves nobody held.
"""

import ctypes
import json
import os
import pathlib
import sys
import threading

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
# Also of threads, which are nobody's children by fork.
WALL = 0x40000000


def trace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(ctypes.c_long(request), ctypes.c_long(thread), None, None) != 0:
        sys.exit(f"cannot trace a thread: {os.strerror(ctypes.get_errno())}; a container needs the capability SYS_PTRACE")


def until_nobody_needs_it():
    sys.stdin.read()
    os._exit(0)


def main():
    process, name = sys.argv[1:]
    tasks = pathlib.Path("/proc", process, "task").iterdir()
    [thread] = [int(task.name) for task in tasks if (task / "comm").read_text().strip() == name]
    trace(PTRACE_SEIZE, thread)
    trace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    print(json.dumps({"event": "held"}), flush=True)
    threading.Thread(target=until_nobody_needs_it, daemon=True).start()
    # When the process ends its thread has to be waited for, or the process would never be gone.
    os.waitpid(thread, WALL)


main()
