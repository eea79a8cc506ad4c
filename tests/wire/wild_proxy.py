#!/usr/bin/python3
"""A TCP proxy that misbehaves on command, to stand between vmhad and a host.

wild_proxy.py --control PATH [--seed N] [--life SECONDS] ROUTE=LISTEN:PORT>HOST:PORT...
wild_proxy.py --control PATH ctl COMMAND...            prints the answer; 0: ok, 1: error

Prints "ready" when it listens; ends on SIGTERM, and by itself when its life is over. The trust between vmhad and a host
is in the certificate, so what passes here only sees TLS records, and cuts them where it likes.

Commands; ROUTE is the name of one route, or "all":
  ROUTE good                 nothing is wrong any more; what was held back is delivered
  ROUTE stall up|down|both   accepted and read, but not delivered: towards the host, towards vmhad, or both
  ROUTE delay MS             each chunk waits so long
  ROUTE cut BYTES [COUNT]    each of the next COUNT connections (1), those that are open first, ends after so many more
                             bytes towards vmhad
  ROUTE cut-new BYTES        the open connections are reset, and the next new one ends after so many bytes towards vmhad
  ROUTE refuse               nobody listens any more; what is open goes on
  ROUTE reset                every open connection is reset now
  ROUTE wild                 each connection draws its own troubles: it is reset at once, is held up, is cut in the
                             middle of a chunk, ends gracefully or by reset
  show                       per route: connections now, the most at one time, the sum, bytes either way, cut by us
"""
import argparse
import asyncio
import contextlib
import json
import random
import socket
import struct
import sys

CHUNK = 65536
ESTABLISHED = 1
UP, DOWN = "up", "down"


def is_established(sock):
    """Whether the peer still holds its end: what has been closed there, and not been read here, does not count."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
    except OSError:
        return False


class Connection:
    """One client and the host behind it: two pumps, each with a queue, so that an end is seen even while we stall."""

    def __init__(self, route, reader, writer):
        self.route = route
        self.client = (reader, writer)
        self.host = None
        self.left = None  # bytes towards vmhad until the cut
        self.random = random.Random(f"{route.seed}/{route.name}/{route.total}")
        self.ended = asyncio.Event()

    def socket(self):
        return self.client[1].get_extra_info("socket")

    async def run(self):
        route = self.route
        if route.mode == "wild" and self.random.random() < 0.1:
            return self.end(reset=True)
        try:
            self.host = await asyncio.open_connection(*route.target)
        except OSError:
            return self.end(reset=True)
        pumps = [asyncio.create_task(self.pump(UP, self.client[0], self.host[1])),
                 asyncio.create_task(self.pump(DOWN, self.host[0], self.client[1]))]
        await self.ended.wait()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def pump(self, way, reader, writer):
        queue = asyncio.Queue()
        feeder = asyncio.create_task(self.feed(reader, queue))
        try:
            while data := await queue.get():
                if not await self.deliver(way, data, writer):
                    return
            # A host's end is news too, and is held back like its bytes; a client that is gone ends all at once.
            await self.route.passage(way)
        except OSError:
            pass
        finally:
            feeder.cancel()
            self.end()

    async def feed(self, reader, queue):
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                queue.put_nowait(data)
        queue.put_nowait(b"")
        if reader is self.client[0]:
            self.end()

    async def deliver(self, way, data, writer):
        route = self.route
        await route.passage(way)
        if route.delay_s:
            await asyncio.sleep(route.delay_s)
        keep = len(data)
        if route.mode == "wild":
            luck = self.random.random()
            if luck < 0.06:
                await asyncio.sleep(self.random.uniform(0.2, 3))
            elif luck < 0.30:
                await asyncio.sleep(self.random.uniform(0, 0.06))
            elif luck < 0.37:
                keep = self.random.randrange(len(data))
        if way == DOWN and not self.ended.is_set():
            self.left = route.claim_cut(self.left)
            if self.left is not None:
                keep = min(keep, self.left)
                self.left -= keep
        writer.write(data[:keep])
        route.bytes[way] += keep
        await writer.drain()
        if keep == len(data) and self.left != 0:
            return True
        route.cuts += 1
        self.end(reset=self.random.random() < 0.5)
        return False

    def end(self, reset=False):
        if self.ended.is_set():
            return
        self.ended.set()
        self.route.open.discard(self)
        for _, writer in filter(None, (self.client, self.host)):
            if reset:
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                               struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class Route:
    def __init__(self, text, seed):
        self.name, addresses = text.split("=", 1)
        listen, target = addresses.split(">", 1)
        self.listen, self.target = self.pair(listen), self.pair(target)
        self.seed = seed
        self.server = None
        self.open = set()
        self.total = self.peak = self.cuts = 0
        self.bytes = {UP: 0, DOWN: 0}
        self.changed = asyncio.Event()
        self.behave("good")

    @staticmethod
    def pair(text):
        host, port = text.rsplit(":", 1)
        return host, int(port)

    def behave(self, mode):
        self.mode, self.stalled, self.delay_s, self.cut_after, self.cuts_due = mode, set(), 0.0, None, 0
        self.changed.set()

    async def passage(self, way):
        while way in self.stalled:
            self.changed.clear()
            await self.changed.wait()

    def claim_cut(self, left):
        if left is None and self.cuts_due > 0:
            self.cuts_due -= 1
            return self.cut_after
        return left

    async def serve(self):
        if self.server is None:
            self.server = await asyncio.start_server(self.accept, *self.listen)

    async def refuse(self):
        if self.server is not None:
            self.server.close()
            self.server = None

    async def accept(self, reader, writer):
        connection = Connection(self, reader, writer)
        self.open.add(connection)
        self.total += 1
        self.peak = max(self.peak, sum(is_established(each.socket()) for each in self.open))
        await connection.run()

    def show(self):
        return {"open": len(self.open), "peak": self.peak, "total": self.total, "up": self.bytes[UP],
                "down": self.bytes[DOWN], "cuts": self.cuts}

    def reset(self):
        for connection in list(self.open):
            connection.end(reset=True)

    async def command(self, words):
        what, details = words[0], words[1:]
        if what in ("good", "wild") and not details:
            self.behave(what)
            await self.serve()
        elif what == "stall" and details[0] in (UP, DOWN, "both"):
            self.behave("stall")
            self.stalled = {UP, DOWN} if details[0] == "both" else {details[0]}
        elif what == "delay":
            self.behave("delay")
            self.delay_s = int(details[0]) / 1000
        elif what == "cut":
            self.behave("cut")
            self.cut_after, self.cuts_due = int(details[0]), int((details[1:] or ["1"])[0])
        elif what == "cut-new":
            self.reset()
            self.behave("cut")
            self.cut_after, self.cuts_due = int(details[0]), 1
        elif what == "refuse":
            await self.refuse()
        elif what == "reset":
            self.reset()
        else:
            raise ValueError("cannot understand '%s'" % " ".join(words))


class Proxy:
    def __init__(self, options):
        self.routes = {route.name: route for route in (Route(text, options.seed) for text in options.words)}

    async def answer(self, line):
        words = line.split()
        if words == ["show"]:
            return "ok " + json.dumps({name: route.show() for name, route in self.routes.items()})
        try:
            for route in self.routes.values() if words[0] == "all" else [self.routes[words[0]]]:
                await route.command(words[1:])
        except (KeyError, IndexError, ValueError) as error:
            return "error %r" % error
        return "ok"

    async def converse(self, reader, writer):
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                writer.write((await self.answer(line.decode())).encode() + b"\n")
                await writer.drain()
        writer.close()


async def serve(options):
    proxy = Proxy(options)
    for route in proxy.routes.values():
        await route.serve()
    await asyncio.start_unix_server(proxy.converse, options.control)
    print("ready", flush=True)
    await asyncio.sleep(options.life)


def ask(control, command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(control)
        connection.sendall((" ".join(command) + "\n").encode())
        answer = connection.makefile().readline().strip()
    print(answer)
    return 0 if answer.startswith("ok") else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--life", type=float, default=300)
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    if options.words[0] == "ctl":
        return ask(options.control, options.words[1:])
    asyncio.run(serve(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
