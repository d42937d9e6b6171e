"""Transports for libretro's netpacket interface, which bring what one core sends to others."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pylibretro.enums import NetpacketFlag
from pylibretro.error import LibretroError

if TYPE_CHECKING:
    from pylibretro._core import NetpacketPort

__all__ = [
    "BROADCAST",
    "Netpacket",
    "NetpacketClient",
    "NetpacketHost",
    "NetpacketLoopback",
    "NetpacketTransport",
]

BROADCAST = 0xFFFF
HOST = 0
LARGEST_PACKET = 1 << 20
LARGEST_QUEUE = 16 << 20
GREETING = b"pylibretro netpacket 1\n"
HEADER = struct.Struct(">IBBHH")  # length, kind, flags, from, to
HELLO, WELCOME, REFUSAL, PACKET = range(1, 5)
SECONDS_BETWEEN_LOOKS = 0.005
SECONDS_TO_GREET = 10.0


class Netpacket(NamedTuple):
    """Something that a core sent, as `NetpacketPort.take` returns it.

    Attributes:
        kind: "packet"; "accepted" or "refused", the core's answer to a new client; or "dropped",
            where `data` is the number of packets lost because nobody took them.
        client_id: Whom it is for, or `BROADCAST` for all others; for an answer, the client.
        flags: The `NetpacketFlag` of a packet.
        data: The bytes.
    """

    kind: str
    client_id: int
    flags: NetpacketFlag
    data: bytes


class NetpacketTransport(Protocol):
    """What `Core(..., netpacket=...)` takes: an object that carries what cores send.

    The Core calls these; a transport may use the port from threads of its own at any time.
    """

    def attach(self, port: NetpacketPort, /) -> None:
        """Take a core whose game has been loaded."""

    def exchange(self, port: NetpacketPort, /) -> None:
        """Carry what waits: the core is about to run, or has run."""

    def detach(self, port: NetpacketPort, /) -> None:
        """Let go of a core that has been closed."""


class NetpacketLoopback:
    """Connects Cores of one process; the first one is the host.

    Packets travel when a Core begins and ends a call of `run` or `capture`.

    Attributes:
        refused: How many Cores the host's core has refused.
    """

    def __init__(self) -> None:
        """Begin with an empty session."""
        self.refused = 0
        self._lock = threading.Lock()
        self._members: dict[int, NetpacketPort] = {}
        self._waiting: dict[int, NetpacketPort] = {}

    @property
    def client_ids(self) -> tuple[int, ...]:
        """The numbers of the Cores in the session; the host's is 0."""
        with self._lock:
            return tuple(self._members)

    def attach(self, port: NetpacketPort, /) -> None:
        """Let a Core host the session, or ask to join it."""
        with self._lock:
            if HOST not in self._members:
                self._members[HOST] = port
                port.start(HOST)
                return
            host = self._members[HOST]
            if port.protocol != host.protocol:
                raise LibretroError(refusal_of(port.protocol, host.protocol))
            number = free_number({*self._members, *self._waiting})
            self._waiting[number] = port
            host.connect(number)

    def exchange(self, _port: NetpacketPort, /) -> None:
        """Carry what waits."""
        with self._lock:
            self._carry()

    def detach(self, port: NetpacketPort, /) -> None:
        """Let a Core leave; the session ends with the host."""
        with self._lock:
            self._carry()
            for number in [n for n, member in self._members.items() if member is port]:
                del self._members[number]
                if number != HOST:
                    self._members[HOST].disconnect(number)
                    continue
                for member in self._members.values():
                    member.stop()
                self._members.clear()
                self._waiting.clear()
            for number in [n for n, waiting in self._waiting.items() if waiting is port]:
                del self._waiting[number]

    def _carry(self) -> None:
        for number, member in list(self._members.items()):
            for item in member.take():
                if item.kind == "packet":
                    for target in self._targets(number, item.client_id):
                        target.deliver(item.data, number)
                elif item.client_id in self._waiting:
                    joining = self._waiting.pop(item.client_id)
                    if item.kind == "accepted":
                        self._members[item.client_id] = joining
                        joining.start(item.client_id)
                    else:
                        self.refused += 1
                elif item.kind == "accepted":  # it has left meanwhile
                    member.disconnect(item.client_id)

    def _targets(self, sender: int, wanted: int) -> Iterator[NetpacketPort]:
        for number, member in self._members.items():
            if number != sender and wanted in (number, BROADCAST):
                yield member


def free_number(taken: set[int]) -> int:
    """Return the first number for a client that is free."""
    return next(number for number in range(1, BROADCAST) if number not in taken)


def refusal_of(ours: str, theirs: str) -> str:
    """Say that two cores do not understand each other."""
    return (
        f"this core speaks {ours!r}, but the host's speaks {theirs!r}; both must be the same core "
        f"in the same version"
    )


class Connection:
    """One end of a TCP connection: whole messages in and out, never waiting."""

    def __init__(self, sock: socket.socket) -> None:
        """Take a connected socket."""
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = sock
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.number: int | None = None
        self.looks_left = round(SECONDS_TO_GREET / SECONDS_BETWEEN_LOOKS)

    def send(self, kind: int, source: int, target: int, data: bytes = b"", flags: int = 0) -> None:
        """Queue a message; ConnectionError if the other end does not take what is queued."""
        if len(self.outgoing) + len(data) > LARGEST_QUEUE:
            raise ConnectionError("the other end takes nothing")
        self.outgoing += HEADER.pack(len(data), kind, flags & 0xFF, source, target) + data

    def flush(self) -> None:
        """Write what the system takes now."""
        while self.outgoing:
            try:
                sent = self.socket.send(self.outgoing)
            except BlockingIOError:
                return
            del self.outgoing[:sent]

    def receive(self) -> Iterator[tuple[int, int, int, int, bytes]]:
        """Yield what has come; ConnectionError at the end, or if it is not a message."""
        ended = False
        for _ in range(64):
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                break
            if not data:
                ended = True
                break
            self.incoming += data
        while len(self.incoming) >= HEADER.size:
            length, kind, flags, source, target = HEADER.unpack_from(self.incoming)
            if length > LARGEST_PACKET:
                raise ConnectionError("a packet is too large")
            if len(self.incoming) < HEADER.size + length:
                break
            data = bytes(self.incoming[HEADER.size : HEADER.size + length])
            del self.incoming[: HEADER.size + length]
            yield kind, flags, source, target, data
        if ended:
            raise ConnectionError("the other end has left")


class Worker:
    """A thread that carries packets, and the two calls that wake and end it."""

    def __init__(self, name: str) -> None:
        """Make it; `begin` starts it."""
        self.port: NetpacketPort | None = None
        self._ending = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def begin(self, port: NetpacketPort) -> None:
        """Start carrying for a core."""
        self.port = port
        self._thread.start()

    def exchange(self, _port: NetpacketPort, /) -> None:
        """Carry what waits."""
        with contextlib.suppress(OSError):  # it has been woken already
            self._wake.send(b"\0")

    def detach(self, port: NetpacketPort, /) -> None:
        """Send what is left and end."""
        if port is self.port:
            self.close()

    def close(self) -> None:
        """End the session; closing again does nothing."""
        self._ending.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()
        if not self._thread.ident:
            self.end()
        self._wake.close()

    def _work(self) -> None:
        try:
            while True:
                ending = self._ending.is_set()
                for key, _ in self._selector.select(0 if ending else SECONDS_BETWEEN_LOOKS):
                    if key.fileobj is self._woken:
                        with contextlib.suppress(OSError):
                            self._woken.recv(1 << 12)
                self.look()
                if ending:
                    return
        finally:
            self.end()

    def look(self) -> None:
        """Carry what has come and what waits."""

    def end(self) -> None:
        """Close what is open."""
        self._selector.close()
        self._woken.close()


class NetpacketHost(Worker):
    """Hosts a session over TCP: `Core(..., netpacket=NetpacketHost())`.

    Args:
        port: Number of the TCP port; 0 for any that is free.
        host: The address to listen at; unless given, only this machine can reach it.
        max_clients: How many may be connected.

    Attributes:
        address: The address and port where it listens.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1", *, max_clients: int = 15) -> None:
        """Listen."""
        super().__init__("netpacket host")
        self.max_clients = max_clients
        self._connections: list[Connection] = []
        try:
            self._listener = socket.create_server((host, port))
        except OSError:
            super().end()
            self._wake.close()
            raise
        self._listener.setblocking(False)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._client_ids: tuple[int, ...] = ()

    @property
    def client_ids(self) -> tuple[int, ...]:
        """The numbers of the clients that the host's core has accepted."""
        return self._client_ids

    def attach(self, port: NetpacketPort, /) -> None:
        """Let a core host the session."""
        if self.port is not None:
            raise LibretroError("this NetpacketHost has a Core already; make another one")
        port.start(HOST)
        self._joined: set[int] = set()
        self.begin(port)

    def look(self) -> None:
        """Accept, read, carry, write."""
        assert self.port is not None
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                sock, _ = self._listener.accept()
                connection = Connection(sock)
                self._connections.append(connection)
                self._selector.register(sock, selectors.EVENT_READ)
        for connection in list(self._connections):
            try:
                for message in connection.receive():
                    self._hear(connection, *message)
                connection.looks_left -= 1
                if connection.number is None and connection.looks_left < 0:
                    raise ConnectionError("it says nothing")
            except (OSError, LibretroError):
                self._drop(connection)
        for item in self.port.take():
            self._carry(item.kind, item.client_id, int(item.flags), item.data)
        self._flush()
        self._client_ids = tuple(sorted(self._joined))

    def _flush(self) -> None:
        for connection in list(self._connections):
            try:
                connection.flush()
            except OSError:
                self._drop(connection)

    def _hear(
        self, connection: Connection, kind: int, flags: int, _source: int, target: int, data: bytes
    ) -> None:
        assert self.port is not None
        if kind == HELLO and connection.number is None:
            protocol = data.removeprefix(GREETING).decode("utf-8", "replace")
            numbers = {other.number for other in self._connections if other.number is not None}
            reason = ""
            if not data.startswith(GREETING):
                reason = "this is another kind of session"
            elif protocol != self.port.protocol:
                reason = refusal_of(protocol, self.port.protocol)
            elif len(numbers) >= self.max_clients:
                reason = f"the session is full: {self.max_clients} clients are connected"
            if reason:
                connection.send(REFUSAL, HOST, 0, reason.encode())
                connection.flush()
                raise ConnectionError(reason)
            connection.number = free_number(numbers)
            self.port.connect(connection.number)
        elif kind == PACKET and connection.number in self._joined:
            if target in (HOST, BROADCAST):
                self.port.deliver(data, connection.number)
            if target != HOST:
                self._send(connection.number, target, flags, data)
        else:
            raise ConnectionError("a message out of place")

    def _send(self, source: int, target: int, flags: int, data: bytes) -> None:
        for connection in list(self._connections):
            number = connection.number
            if number in self._joined and number != source and target in (number, BROADCAST):
                try:
                    connection.send(PACKET, source, target, data, flags)
                except OSError:
                    self._drop(connection)

    def _carry(self, kind: str, client_id: int, flags: int, data: bytes) -> None:
        assert self.port is not None
        if kind == "packet":
            self._send(HOST, client_id, flags, data)
            return
        connection = next((c for c in self._connections if c.number == client_id), None)
        if connection is None:
            if kind == "accepted":  # it has left meanwhile
                self.port.disconnect(client_id)
        elif kind == "accepted":
            self._joined.add(client_id)
            connection.send(WELCOME, HOST, client_id)
        elif kind == "refused":
            connection.send(REFUSAL, HOST, client_id, b"the host's core refused it")
            with contextlib.suppress(OSError):
                connection.flush()
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
        if connection.number in self._joined:
            self._joined.discard(connection.number)
            if self.port is not None:
                self.port.disconnect(connection.number)

    def end(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.socket.close()
        self._listener.close()
        super().end()


class NetpacketClient(Worker):
    """Joins a session over TCP: `Core(..., netpacket=NetpacketClient("192.0.2.1", 55435))`.

    The Core is in the session when its host's core has accepted it in one of its frames.

    Args:
        host: The address of the host.
        port: Number of its TCP port.
        timeout: Seconds to wait for the connection.

    Attributes:
        refusal: Why the host refused, or None.
    """

    def __init__(self, host: str, port: int, *, timeout: float = 10.0) -> None:
        """Connect."""
        sock = socket.create_connection((host, port), timeout)
        super().__init__("netpacket client")
        self.refusal: str | None = None
        self._connection = Connection(sock)
        self._open = True
        self._selector.register(sock, selectors.EVENT_READ)

    def attach(self, port: NetpacketPort, /) -> None:
        """Ask to join."""
        if self.port is not None:
            raise LibretroError("this NetpacketClient has a Core already; make another one")
        self._connection.send(HELLO, 0, HOST, GREETING + port.protocol.encode())
        self.begin(port)

    def look(self) -> None:
        """Read, carry, write."""
        assert self.port is not None
        sent = self.port.take()
        if not self._open:
            return
        try:
            for item in sent:
                if item.kind == "packet":
                    number = self._connection.number or 0
                    self._connection.send(
                        PACKET, number, item.client_id, item.data, int(item.flags)
                    )
            self._connection.flush()
            for kind, _flags, source, target, data in self._connection.receive():
                if kind == WELCOME and self._connection.number is None:
                    self._connection.number = target
                    self.port.start(target)
                elif kind == PACKET and self._connection.number is not None:
                    self.port.deliver(data, source)
                elif kind == REFUSAL:
                    self.refusal = data.decode("utf-8", "replace")
                else:
                    raise ConnectionError("a message out of place")
        except (OSError, LibretroError):
            self._leave()

    def _leave(self) -> None:
        self._open = False
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._connection.socket)
        self._connection.socket.close()
        if self._connection.number is not None and self.port is not None:
            self.port.stop()

    def end(self) -> None:
        """Close the connection."""
        self._connection.socket.close()
        super().end()
