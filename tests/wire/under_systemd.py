#!/usr/bin/env python3
"""Runs a service as systemd would, and writes down what it tells systemd and the journal.

under_systemd.py [--notify FILE] [--watchdog SECONDS] [--socket PATH] [--journal FILE] COMMAND...

Each line of FILE is one message as JSON, with the time in seconds ("at"). --journal needs a mount namespace of its own
(unshare -m): it puts a file system of its own over /run. SIGTERM is handed on; the exit status is the service's.
"""
import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time


def hear(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    return listener


def fields_of(datagram):
    """The journal's native protocol: NAME=value lines, as no value here has a line end."""
    fields = {}
    for line in datagram.decode().splitlines():
        name, _, value = line.partition("=")
        fields[name] = value
    return fields


def main():
    parser = argparse.ArgumentParser()
    for name in ("--notify", "--socket", "--journal"):
        parser.add_argument(name)
    parser.add_argument("--watchdog", type=float)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    heard = {}
    environment = dict(os.environ)
    folder = tempfile.TemporaryDirectory()
    if options.notify:
        heard[hear(folder.name + "/notify")] = (open(options.notify, "w", 1), lambda text: {"text": text.decode()})
        environment["NOTIFY_SOCKET"] = folder.name + "/notify"
    if options.watchdog:
        environment["WATCHDOG_USEC"] = str(int(options.watchdog * 1e6))
    stderr = None
    if options.journal:
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        os.makedirs("/run/systemd/journal")
        heard[hear("/run/systemd/journal/socket")] = (open(options.journal, "w", 1), fields_of)
        stderr, beyond = socket.socketpair()
        beyond.setblocking(False)
        status = os.fstat(stderr.fileno())
        environment["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        heard[beyond] = (heard[list(heard)[-1]][0], lambda text: {"stderr": text.decode()})
    listener = None
    if options.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(options.socket)
        listener.listen(100)

    def become_service():
        if listener:
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            environment.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="vmhad.socket")

    pid = os.fork()
    if pid == 0:
        become_service()
        if stderr:
            os.dup2(stderr.fileno(), 2)
        os.execve(options.command[0], options.command, environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _: os.kill(pid, signum))

    def take(seconds):
        for source in select.select(list(heard), [], [], seconds)[0]:
            out, read = heard[source]
            text = source.recv(65536)
            if text:
                out.write(json.dumps({"at": time.monotonic(), **read(text)}) + "\n")

    ended = 0
    while not ended:
        take(0.1)
        ended, status = os.waitpid(pid, os.WNOHANG)
    for _ in heard:
        take(0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
