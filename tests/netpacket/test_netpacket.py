"""Sessions of several cores: libretro's netpacket interface, in one process and over TCP."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from observe import OpenCore, notes, present, words

from pylibretro import (
    Core,
    CoreBatch,
    CoreSpec,
    Joypad,
    NetpacketClient,
    NetpacketHost,
    NetpacketLoopback,
    NetpacketPort,
)
from pylibretro.enums import NetpacketFlag
from pylibretro.error import LibretroError
from pylibretro.netpacket.transports import BROADCAST, Netpacket

NORMAL, REFUSES_SECOND, ONLY_NEEDED, OTHER_PROTOCOL, NO_PROTOCOL, UNUSED, SPEAKS_AT_END = range(7)
ROUNDS = 2000


def player(open_core: OpenCore, transport: Any, mode: int = NORMAL) -> Core:
    return open_core("netpacket", bytes([mode]), netpacket=transport)


def received(core: Core) -> list[tuple[int, str]]:
    """Packets that the core got, of whom and what; those it asked for within a frame, too."""
    lines = [line.replace(" within", "").split(" ", 3) for line in notes(core)]
    return [(int(line[2]), line[3]) for line in lines if line[1] == "receive"]


def events(core: Core) -> list[str]:
    """What the core was told besides packets."""
    return [line.split(" ", 1)[1] for line in notes(core) if " receive " not in line]


@pytest.mark.environment("SET_NETPACKET_INTERFACE", "refused without `netpacket=`")
@pytest.mark.environment("GET_NETPLAY_CLIENT_INDEX", "refused outside a session")
@pytest.mark.parametrize("transport", [None, False])
def test_without_a_transport_there_is_none(open_core: OpenCore, transport: Any) -> None:
    core = player(open_core, transport)
    core.set_buttons(Joypad.A)
    core.run(3)
    assert words(core)[2:5] == [0, 0, 99]
    assert notes(core) == []
    assert core.netpacket is None


@pytest.mark.environment("SET_NETPACKET_INTERFACE", "with a transport as `netpacket=`")
@pytest.mark.environment("GET_NETPLAY_CLIENT_INDEX", "the core's number in its session")
def test_two_cores_join_talk_and_leave(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    host = player(open_core, network)
    assert words(host)[2:4] == [1, 0]
    host.run()
    assert words(host)[4] == 0
    client = player(open_core, network)
    client.run()
    assert present(client.netpacket).client_id is None, "the host's core has not been asked yet"
    host.run()
    client.run()
    assert list(network.client_ids) == [0, 1]
    assert words(client)[4] == 1
    assert (present(host.netpacket).client_id, present(client.netpacket).client_id) == (0, 1)
    host.run(1, [Joypad.A])
    client.run(1, [Joypad.X])
    host.run()
    assert received(client) == [(0, "reliable3")]
    assert received(host) == [(1, "host3")]
    client.close()
    host.run()
    assert events(host) == ["start 0", "connected 1", "disconnected 1"]
    assert list(network.client_ids) == [0]
    again = player(open_core, network)
    host.run()
    again.run()
    assert events(again) == ["start 1"]
    host.close()
    again.run(2)
    assert events(again) == ["start 1", "stop"]
    assert words(again)[4] == 99
    assert list(network.client_ids) == []


def three(open_core: OpenCore, network: Any, mode: int = NORMAL) -> list[Core]:
    cores = [player(open_core, network, mode)]
    cores += [player(open_core, network) for _ in range(2)]
    for core in (*cores, *cores):
        core.run()
    return cores


def test_packets_reach_those_they_are_for(open_core: OpenCore) -> None:
    cores = three(open_core, NetpacketLoopback())
    for sender, buttons in enumerate([Joypad.Y, Joypad.A, Joypad.X]):
        cores[sender].run(1, [buttons])
    for core in cores:
        core.run()
    assert received(cores[0]) == [(1, "reliable3"), (2, "host3")]
    assert received(cores[1]) == []
    assert received(cores[2]) == [(0, "second3"), (1, "reliable3")]


def test_the_order_and_the_size_are_kept(open_core: OpenCore) -> None:
    cores = three(open_core, NetpacketLoopback())
    cores[1].run(2, [Joypad.R, Joypad.L])
    cores[0].run()
    assert received(cores[0]) == [(1, text) for text in ("a", "b", "c", "d", "")]


def test_packets_within_a_frame(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    host, client, _ = three(open_core, network)
    port = present(client.netpacket)
    client.run()
    port.deliver(b"one", 0)
    client.run(1, [Joypad.SELECT])
    assert received(client) == [(0, "one")]
    frames = words(client)[1]
    client.run(5)
    assert words(client)[1] == frames + 5, "poll comes once a frame"
    host.run()


def test_the_hosts_core_may_refuse(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    cores = three(open_core, network, REFUSES_SECOND)
    assert events(cores[0]) == ["start 0", "connected 1", "connected 2"]
    assert network.client_ids == (0, 1)
    assert network.refused == 1
    assert events(cores[2]) == []
    cores[0].run(1, [Joypad.A])
    for core in cores:
        core.run()
    assert received(cores[2]) == []


def test_a_core_may_leave_out_what_is_optional(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    cores = [player(open_core, network, mode) for mode in (ONLY_NEEDED, ONLY_NEEDED)]
    for core in (*cores, *cores):
        core.run()
    assert network.client_ids == (0, 1), "a host without `connected` takes everybody"
    cores[1].run(1, [Joypad.A])
    cores[1].close()
    cores[0].run()
    assert received(cores[0]) == [(1, "reliable3")]
    cores[0].close()


def test_the_versions_must_be_the_same(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    player(open_core, network)
    with pytest.raises(LibretroError, match=r"'second'.*'first'"):
        player(open_core, network, OTHER_PROTOCOL)
    unnamed = player(open_core, NetpacketLoopback(), NO_PROTOCOL)
    assert present(unnamed.netpacket).protocol == "netpacket 1.0", "the core's name and version"


def test_a_core_that_does_not_use_it(open_core: OpenCore) -> None:
    with pytest.raises(LibretroError, match="does not use"):
        player(open_core, NetpacketLoopback(), UNUSED)


@pytest.mark.parametrize("transport", [True, "127.0.0.1", 5, object()])
def test_what_is_no_transport(open_core: OpenCore, transport: Any) -> None:
    with pytest.raises(TypeError, match="attach, exchange and detach"):
        player(open_core, transport)
    with pytest.raises(TypeError, match="netpacket"):
        CoreBatch([CoreSpec("2048", netpacket=NetpacketLoopback())])


class Lossy:
    """A transport in Python: it loses what is unreliable, and delays nothing."""

    def __init__(self) -> None:
        self.ports: list[NetpacketPort] = []
        self.seen: list[Netpacket] = []

    def attach(self, port: NetpacketPort) -> None:
        port.start(len(self.ports))
        self.ports.append(port)

    def exchange(self, port: NetpacketPort) -> None:
        for packet in port.take():
            self.seen.append(packet)
            for number, other in enumerate(self.ports):
                if other is not port and packet.flags & NetpacketFlag.RELIABLE:
                    other.deliver(packet.data, self.ports.index(port))
                assert number < 2

    def detach(self, port: NetpacketPort) -> None:
        self.ports.remove(port)


def test_a_transport_of_ones_own_sees_the_flags(open_core: OpenCore) -> None:
    transport = Lossy()
    cores = [player(open_core, transport) for _ in range(2)]
    for core in cores:
        core.run()
    cores[0].run(3, [Joypad.A | Joypad.B, Joypad.Y, Joypad.R])
    cores[1].run()
    assert received(cores[1]) == [(0, text) for text in ("reliable2", "a", "b", "c", "d")]
    assert [(p.kind, p.client_id, p.flags) for p in transport.seen[:3]] == [
        ("packet", BROADCAST, NetpacketFlag.RELIABLE),
        ("packet", BROADCAST, NetpacketFlag.UNRELIABLE),
        ("packet", 2, NetpacketFlag.UNSEQUENCED),
    ]
    assert len(transport.seen) == 7, "a wish to flush is no packet"
    cores[0].close()
    assert len(transport.ports) == 1


def test_a_session_cannot_be_undone(open_core: OpenCore) -> None:
    with pytest.raises(ValueError, match="undone"):
        open_core("netpacket", bytes([NORMAL]), netpacket=NetpacketLoopback(), run_ahead=1)


def test_an_error_of_a_transport_is_raised(open_core: OpenCore) -> None:
    class Broken(Lossy):
        def exchange(self, port: NetpacketPort) -> None:
            raise RuntimeError(f"{port.core} is out of order")

        def detach(self, port: NetpacketPort) -> None:
            raise RuntimeError(f"nobody hears this of {port.core}")

    core = player(open_core, Broken())
    with pytest.raises(RuntimeError, match="out of order"):
        core.run()
    core.close()


def test_a_port_outlives_its_core(open_core: OpenCore) -> None:
    core = player(open_core, NetpacketLoopback(), SPEAKS_AT_END)
    core.run()
    port = present(core.netpacket)
    core.close()
    assert not port.registered
    assert port.client_id is None
    port.deliver(b"too late", 1)
    assert port.take() == []
    with pytest.raises(TypeError):
        NetpacketPort()


def test_wrong_use_of_a_port(open_core: OpenCore) -> None:
    core = player(open_core, NetpacketLoopback())
    port = present(core.netpacket)
    for number in (-1, BROADCAST, 1 << 40):
        with pytest.raises(ValueError, match="client_id"):
            port.deliver(b"", number)
    with pytest.raises(TypeError):
        port.deliver("text", 0)  # type: ignore[arg-type]

    def deliver_too_much() -> None:
        for _ in range(200):
            port.deliver(bytes(1 << 20), 1)

    with pytest.raises(LibretroError, match="MiB of packets waiting"):
        deliver_too_much()


@pytest.fixture
def tcp() -> Iterator[Callable[[], NetpacketHost]]:
    hosts: list[NetpacketHost] = []

    def make(**wishes: Any) -> NetpacketHost:
        hosts.append(NetpacketHost(**wishes))
        return hosts[-1]

    yield make
    for host in hosts:
        host.close()


def run_until(cores: list[Core], reached: Callable[[], bool]) -> None:
    """Run the cores in turns until it is so; the network has its own time."""
    for _ in range(ROUNDS):
        if reached():
            return
        for core in cores:
            core.run()
        threading.Event().wait(0.001)
    pytest.fail("it did not come to that")


def test_over_tcp(open_core: OpenCore, tcp: Callable[..., NetpacketHost]) -> None:
    server = tcp()
    cores = [player(open_core, server)]
    for count in (1, 2):
        cores.append(player(open_core, NetpacketClient(*server.address)))
        run_until(cores, lambda count=count: len(server.client_ids) == count)  # type: ignore[misc]
    run_until(cores, lambda: all(present(core.netpacket).client_id is not None for core in cores))
    assert [present(core.netpacket).client_id for core in cores] == [0, 1, 2]
    cores[0].run(1, [Joypad.R])
    cores[1].run(1, [Joypad.A | Joypad.Y])
    run_until(cores, lambda: len(received(cores[2])) == 6)
    assert [text for number, text in received(cores[2]) if number == 0] == ["a", "b", "c", "d"]
    assert sorted({number for number, _ in received(cores[2])}) == [0, 1]
    run_until(cores, lambda: len(received(cores[0])) == 1)
    run_until(cores, lambda: len(received(cores[1])) == 4)
    cores.pop(1).close()
    run_until(cores, lambda: "disconnected 1" in events(cores[0]))
    assert server.client_ids == (2,)
    cores.pop(0).close()
    run_until(cores, lambda: "stop" in events(cores[0]))


def test_tcp_refuses_other_versions_and_too_many(
    open_core: OpenCore, tcp: Callable[..., NetpacketHost]
) -> None:
    server = tcp(max_clients=1)
    host = player(open_core, server)
    other = NetpacketClient(*server.address)
    cores = [host, player(open_core, other, OTHER_PROTOCOL)]
    run_until(cores, lambda: other.refusal is not None)
    assert "'second'" in present(other.refusal)
    first, second = NetpacketClient(*server.address), NetpacketClient(*server.address)
    cores = [host, player(open_core, first)]
    run_until(cores, lambda: server.client_ids == (1,))
    cores.append(player(open_core, second))
    run_until(cores, lambda: second.refusal is not None)
    assert "full" in present(second.refusal)
    assert first.refusal is None


def test_the_hosts_core_may_refuse_over_tcp(
    open_core: OpenCore, tcp: Callable[..., NetpacketHost]
) -> None:
    server = tcp()
    clients = [NetpacketClient(*server.address) for _ in range(2)]
    cores = [player(open_core, server, REFUSES_SECOND), player(open_core, clients[0])]
    run_until(cores, lambda: server.client_ids == (1,))
    cores.append(player(open_core, clients[1]))
    run_until(cores, lambda: clients[1].refusal is not None)
    assert "core refused" in present(clients[1].refusal)


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n" * 10, struct.pack(">IBBHH", 1 << 31, 1, 0, 0, 0),
     struct.pack(">IBBHH", 2, 4, 0, 0, 0) + b"hi", struct.pack(">IBBHH", 2, 1, 0, 0, 0) + b"hi"],
)  # fmt: skip
def test_strangers_are_turned_away(
    open_core: OpenCore, tcp: Callable[..., NetpacketHost], data: bytes
) -> None:
    server = tcp()
    cores = [player(open_core, server)]
    with socket.create_connection(server.address, 10) as stranger:
        stranger.sendall(data)
        stranger.settimeout(30)
        while stranger.recv(1 << 12):
            pass
    cores.append(player(open_core, NetpacketClient(*server.address)))
    run_until(cores, lambda: server.client_ids == (1,))
    assert events(cores[0]) == ["start 0", "connected 1"]


def test_closing_ends_threads_and_sockets(open_core: OpenCore) -> None:
    def workers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("netpacket")]

    before = workers()
    server = NetpacketHost()
    client = NetpacketClient(*server.address)
    cores = [player(open_core, server), player(open_core, client)]
    run_until(cores, lambda: server.client_ids == (1,))
    for core in cores:
        core.close()
    assert workers() == before
    with pytest.raises(OSError):  # noqa: PT011
        NetpacketClient(*server.address, timeout=1)
    for unused in (NetpacketHost(), server, client):
        unused.close()
        unused.close()


def test_a_transport_carries_one_core(
    open_core: OpenCore, tcp: Callable[..., NetpacketHost]
) -> None:
    server = tcp()
    player(open_core, server)
    with pytest.raises(LibretroError, match="has a Core already"):
        player(open_core, server)


def test_two_cores_in_two_threads(open_core: OpenCore) -> None:
    network = NetpacketLoopback()
    host, client = player(open_core, network), player(open_core, network)
    for core in (host, client, host, client):
        core.run()
    mine, theirs = len(received(host)), len(received(client))

    def play(core: Core) -> None:
        for _ in range(200):
            core.run(1, [Joypad.A])

    threads = [threading.Thread(target=play, args=(core,)) for core in (host, client)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for core in (host, client):
        core.run()
    texts = [f"reliable{frame}" for frame in range(3, 203)]
    assert [text for _, text in received(client)][theirs:] == texts
    assert [text for _, text in received(host)][mine:] == texts
