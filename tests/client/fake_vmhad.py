#!/usr/bin/python3
"""A scripted stand-in for vmhad on a Unix socket, for the tests of the client programs.

fake_vmhad.py --socket PATH [--log FILE] [--vm NAME=SCRIPT]... [--reload WORD]

SCRIPT is a list of words separated by commas:
  active                 the cluster started this VM here
  healthy | unhealthy:REASON | unknown:REASON | tolerance:REASON | waiting:SECONDS | nonsense
                         the answer to GET .../health (tolerance: unknown for too long, exit code 5)
  ok | failed:REASON | timeout | die | close | hang | slow:SECONDS | forbidden | limit:SECONDS
                         the answer to POST .../start and .../stop. die: ends the whole program in the middle of the
                         stream; close: ends the stream without a result; hang: never brings one; slow: ok, later;
                         limit: says in its first line how long it will try

--reload ok | refused | slow:SECONDS  the answer to POST /v1/reload; slow: taken, later
--silent accepts connections and never answers. Each line on stdin is sent to all who follow the events; the end of
stdin means nothing. Every request is appended to the log as one JSON line. SIGTERM ends it.
"""
import argparse
import json
import os
import socket
import sys
import threading
import time

followers = []
followers_lock = threading.Lock()


def words_of(script):
    return dict((word.split(":", 1) + [""])[:2] for word in script.split(",") if word)


class Connection:
    def __init__(self, stream, options):
        self.stream = stream
        self.options = options

    def serve(self):
        request = self.read_request()
        if request is None:
            return
        method, target, body = request
        if self.options.log:
            with open(self.options.log, "a") as log:
                log.write(json.dumps({"method": method, "target": target, "body": body}) + "\n")
        if self.options.silent:
            time.sleep(3600)
        self.route(method, target.split("?")[0].strip("/").split("/"))

    def read_request(self):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.stream.recv(65536)
            if not piece:
                return None
            data += piece
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        fields = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        while len(body) < int(fields.get("content-length", 0)):
            body += self.stream.recv(65536)
        method, target, _ = lines[0].split(" ")
        return method, target, json.loads(body) if body else None

    def route(self, method, path):
        scripts = self.options.scripts
        if path == ["v1", "events"]:
            return self.follow()
        if (method, path) == ("POST", ["v1", "reload"]) and self.options.reload:
            return self.reload(*words_of(self.options.reload).popitem())
        if path == ["v1", "vms"]:
            vms = [{"vm": name, "active": "active" in words} for name, words in scripts.items()]
            return self.whole(200, {"api": 1, "vms": vms})
        if path[:2] == ["v1", "vms"] and len(path) in (3, 4):
            if path[2] not in scripts:
                return self.whole(404, {"api": 1, "error": "unknown_vm", "message": "no such VM is configured"})
            if method == "POST" and path[3] in ("start", "stop"):
                return self.operate(path[2], path[3], scripts[path[2]])
            if method == "GET" and path[3:] == ["health"]:
                return self.health(path[2], scripts[path[2]])
        self.whole(404, {"api": 1, "error": "not_found", "message": "there is nothing at this address"})

    def whole(self, status, answer):
        body = json.dumps(answer).encode()
        self.stream.sendall(b"HTTP/1.1 %d X\r\nVmha-Api: 1\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    def header(self):
        self.stream.sendall(b"HTTP/1.1 200 OK\r\nVmha-Api: 1\r\nTransfer-Encoding: chunked\r\n\r\n")

    def line(self, value):
        text = (value if isinstance(value, str) else json.dumps(value)).encode() + b"\n"
        self.stream.sendall(b"%x\r\n%s\r\n" % (len(text), text))

    def health(self, vm, words):
        answer = {"api": 1, "vm": vm, "verdict": "healthy", "reason": "running", "detail": "", "host": "esxi1",
                  "age_ms": 12, "pending": None, "exit_code": 0}
        if "nonsense" in words:
            return self.whole(200, {"api": 1, "vm": vm, "verdict": "splendid", "exit_code": 3})
        if "waiting" in words:
            self.stream.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(float(words["waiting"]))
        for word, verdict, code in (("unhealthy", "unhealthy", 1), ("unknown", "unknown", 0), ("tolerance", "unknown", 5)):
            if word in words:
                answer.update(verdict=verdict, reason=words[word], detail="as scripted", exit_code=code)
        self.whole(200 if answer["verdict"] == "healthy" else 503, answer)

    def reload(self, word, seconds):
        if word == "refused":
            return self.whole(409, {"api": 1, "error": "configuration_refused", "message": "nothing is changed",
                                    "problems": ["a.json: one", "b.json: two"], "hints": ["a hint"]})
        time.sleep(float(seconds or 0))
        self.whole(200, {"api": 1, "result": "ok", "changes": ["vm 'vm3' added"], "warnings": ["a warning"]})

    def operate(self, vm, operation, words):
        if "forbidden" in words:
            return self.whole(403, {"api": 1, "error": "forbidden", "message": "needs root or the group vmha"})
        self.header()
        accepted = {"event": "accepted", "vm": vm, "operation": operation}
        if "limit" in words:
            accepted["timeout_s"] = int(words["limit"])
        self.line(accepted)
        self.line({"event": "transition", "vm": vm, "operation": operation, "from": "checking", "to": "registering",
                   "host": "esxi1", "message": f"vm '{vm}': 'checking' -> 'registering' (esxi1)", "level": "I"})
        if "die" in words:
            os._exit(9)
        if "close" in words:
            return
        if "hang" in words:
            time.sleep(3600)
        if "slow" in words:
            time.sleep(float(words["slow"]))
        result = {"result": "ok", "reason": "running", "detail": "", "elapsed_ms": 1234}
        if "failed" in words:
            words["times"] = words.get("times", -1) + 1
            result["elapsed_ms"] += 1000 * words["times"]
            result.update(result="failed", reason=words["failed"], detail="as scripted")
        if "timeout" in words:
            result.update(result="timeout", reason="deadline", detail="waited for the host")
        self.line(result)
        self.stream.sendall(b"0\r\n\r\n")

    def follow(self):
        self.header()
        with followers_lock:
            followers.append(self)
        while self.stream.recv(1):
            pass


def serve(stream, options):
    with stream:
        try:
            Connection(stream, options).serve()
        except OSError:
            pass  # the client has left


def forward_events():
    for line in sys.stdin:
        with followers_lock:
            for follower in list(followers):
                try:
                    follower.line(line.strip())
                except OSError:
                    followers.remove(follower)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--log")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--reload")
    parser.add_argument("--vm", action="append", default=[])
    options = parser.parse_args()
    options.scripts = {name: words_of(script) for name, script in (vm.split("=", 1) for vm in options.vm)}

    listener = socket.socket(socket.AF_UNIX)
    # Bound beside its place and renamed when it listens: whoever sees the file can connect.
    listener.bind(options.socket + ".new")
    listener.listen(128)
    os.rename(options.socket + ".new", options.socket)
    threading.Thread(target=forward_events, daemon=True).start()
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=serve, args=(stream, options), daemon=True).start()


if __name__ == "__main__":
    main()
