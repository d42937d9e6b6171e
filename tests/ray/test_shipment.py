"""What an env needs of files travels to other machines, each file once."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import shutil
import threading
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from disc_image import write_disc
from real import PLAYS, Play

from pylibretro import (
    ContentError,
    ContentNotFoundError,
    Core,
    CoreNotFoundError,
    EnvSpec,
    FilePolicy,
    Host,
    find_core,
)
from pylibretro.content.directories import ScratchDirectory

pytest.importorskip("gymnasium")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("ray", reason="Ray is not installed")

from pylibretro.files.cache_directory import cache_directory
from pylibretro.ray.shipment import (
    Shipment,
    files_named_by,
    pack,
    unpack,
)


class Elsewhere:
    """Another machine: its own cache, and nothing else of what is here."""

    def __init__(self, cache: Path, shipment: Shipment) -> None:
        self.cache = cache
        self.contents = {digest: shipment.read(digest).tobytes() for digest in shipment.files}
        self.spec = pickle.loads(pickle.dumps(shipment.spec))
        self.fetched: list[str] = []
        self.scratch = ScratchDirectory()

    def fetch(self, digest: str) -> bytes:
        self.fetched.append(digest)
        return self.contents[digest]

    def unpack(self) -> EnvSpec:
        return unpack(self.spec, self.fetch, self.scratch, str(self.cache))


def sent(tmp_path: Path, **arguments: Any) -> tuple[Elsewhere, EnvSpec]:
    there = Elsewhere(tmp_path / "there", pack(EnvSpec(**{"core": "2048", **arguments})))
    return there, there.unpack()


def sha256(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()


def test_a_core_keeps_its_name(tmp_path: Path) -> None:
    _, spec = sent(tmp_path)
    core = Path(spec.core)
    assert core.name == find_core("2048").name
    assert core.is_relative_to(tmp_path / "there")
    assert core.read_bytes() == find_core("2048").read_bytes()
    with Core(spec.core) as one:
        assert one.run(5) == 5


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"content" * 1000)
    there, first = sent(tmp_path, content=game)
    assert len(there.fetched) == 2
    there.fetched.clear()
    assert there.unpack() == first
    assert there.fetched == []


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    contents = b"content" * 1000
    game = tmp_path / "game.bin"
    game.write_bytes(contents)
    there, spec = sent(tmp_path, content=game)
    kept = there.cache / "files" / sha256(contents)
    for damage in ("other", None):
        for path in (kept, Path(spec.content)):
            there.fetched.clear()
            if damage is None:
                path.unlink()
            else:
                path.write_text(damage)
            assert there.unpack() == spec
            assert Path(spec.content).read_bytes() == contents
            assert set(there.fetched) <= {sha256(contents)}


def test_what_arrives_must_have_its_hash(tmp_path: Path) -> None:
    there = Elsewhere(tmp_path / "there", pack(EnvSpec(core="2048")))
    there.contents = dict.fromkeys(there.contents, b"something else")
    with pytest.raises(ContentError, match="SHA-256"):
        there.unpack()
    assert not [path for path in there.cache.rglob("*") if path.is_file()]


def test_a_file_that_changed_is_not_sent(tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"before")
    shipment = pack(EnvSpec(core="2048", content=game))
    game.write_bytes(b"after")
    with pytest.raises(ContentError, match="has changed"):
        shipment.read(sha256(b"before"))


def test_the_same_bytes_travel_once(tmp_path: Path) -> None:
    for name in ("one.bin", "other.bin"):
        (tmp_path / name).write_bytes(b"the same")
    contents = [tmp_path / "one.bin", tmp_path / "other.bin", b"the same"]
    shipment = pack(EnvSpec(core="2048", content=contents))
    assert len(shipment.files) == 2, "the core is the other one"
    there = Elsewhere(tmp_path / "there", shipment)
    spec = there.unpack()
    assert [Path(spec.content[0]).name, Path(spec.content[1]).name] == ["one.bin", "other.bin"]
    assert spec.content[2] == b"the same"
    assert len(there.fetched) == 2


def test_many_may_unpack_at_the_same_time(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"track{number}.bin").write_bytes(bytes([number]) * 50_000)
    sheet = tmp_path / "game.m3u"
    sheet.write_text("".join(f"track{number}.bin\n" for number in range(6)))
    shipment = pack(EnvSpec(core="2048", content=sheet))
    everyone = [Elsewhere(tmp_path / "there", shipment) for _ in range(8)]
    start = threading.Barrier(len(everyone))
    specs: list[EnvSpec] = []

    def arrive(there: Elsewhere) -> None:
        start.wait()
        specs.append(there.unpack())

    threads = [threading.Thread(target=arrive, args=(there,)) for there in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(specs) == len(everyone)
    assert all(spec == specs[0] for spec in specs)
    for number in range(6):
        beside = Path(specs[0].content).with_name(f"track{number}.bin")
        assert beside.read_bytes() == bytes([number]) * 50_000
    left = [path.name for path in (tmp_path / "there").glob("*/*") if path.name.startswith(".")]
    assert left == []


def test_content_in_memory_travels_as_a_file(tmp_path: Path) -> None:
    contents = os.urandom(3_000_000)
    shipment = pack(EnvSpec(core="2048", content=contents, content_name="game.sfc"))
    assert len(pickle.dumps(shipment.spec)) < 20_000
    for buffer in (bytearray(contents), memoryview(contents), np.frombuffer(contents, np.uint8)):
        assert pack(EnvSpec(core="2048", content=buffer)).files.keys() == shipment.files.keys()
    there = Elsewhere(tmp_path / "there", shipment)
    spec = there.unpack()
    assert spec.content == contents
    assert spec.content_name == "game.sfc"


def test_a_member_of_a_zip_is_found_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "games.zip", "w") as archive:
        archive.writestr("folder/game.bin", b"in the zip")
    _, spec = sent(tmp_path, content=f"{tmp_path}/games.zip#folder/game.bin")
    path, _, member = spec.content.rpartition("#")
    assert member == "folder/game.bin"
    assert Path(path).name == "games.zip"
    assert zipfile.ZipFile(path).read(member) == b"in the zip"
    (tmp_path / "odd#name.bin").write_bytes(b"a name with a mark")
    _, spec = sent(tmp_path, content=tmp_path / "odd#name.bin")
    assert Path(spec.content).read_bytes() == b"a name with a mark"


def disc(tmp_path: Path) -> Path:
    """A playlist of two discs in folders, which name their tracks."""
    for number in (1, 2):
        folder = tmp_path / f"disc {number}"
        folder.mkdir()
        write_disc(folder / "track.bin", {"A": bytes([number]) * 10})
        (folder / "track.cue").rename(folder / "game.cue")
    playlist = tmp_path / "game.m3u"
    playlist.write_text("#EXTM3U\ndisc 1/game.cue|First\n\ndisc 2\\game.cue\n")
    return playlist


def test_what_a_playlist_names_comes_along(tmp_path: Path) -> None:
    playlist = disc(tmp_path)
    _, spec = sent(tmp_path, content=playlist)
    there = Path(spec.content).parent
    found = sorted(path.relative_to(there).as_posix() for path in there.rglob("*.*"))
    assert found == [
        "disc 1/game.cue",
        "disc 1/track.bin",
        "disc 2/game.cue",
        "disc 2/track.bin",
        "game.m3u",
    ]
    for name in found:
        assert (there / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_sheet_may_name_what_lies_elsewhere(tmp_path: Path) -> None:
    playlist = disc(tmp_path)
    below = tmp_path / "lists" / "all.m3u"
    below.parent.mkdir()
    below.write_text("../disc 1/game.cue\n")
    playlist.unlink()
    _, spec = sent(tmp_path, content=below)
    assert (Path(spec.content).parent / "../disc 1/track.bin").is_file()


@pytest.mark.parametrize(
    ("sheet", "text", "named"),
    [
        ("a.cue", 'FILE "Track 1.bin" BINARY\n  TRACK 01\nfile plain.bin BINARY\n', None),
        ("a.cue", 'FILE "TRACK 1.BIN" BINARY\nFILE "plain.bin" BINARY\n', None),
        ("a.toc", 'CD_ROM\nTRACK MODE1\nDATAFILE "Track 1.bin" 00:00\nFILE "plain.bin" 0\n', None),
        ("a.gdi", '2\n1 0 4 2352 "Track 1.bin" 0\n2 600 0 2352 plain.bin 0\n', None),
        ("a.m3u8", "\ufeffTrack 1.bin\nplain.bin\nplain.bin\n", None),
        ("a.ccd", "[CloneCD]\n", ["a.img", "a.sub"]),
        ("a.mds", "MEDIA DESCRIPTOR", ["a.mdf"]),
        ("a.bin", "Track 1.bin\n", []),
    ],
)
def test_each_kind_of_sheet_is_read(
    tmp_path: Path, sheet: str, text: str, named: list[str] | None
) -> None:
    expected = ["Track 1.bin", "plain.bin"] if named is None else named
    for name in expected:
        (tmp_path / name).write_bytes(b"track")
    (tmp_path / sheet).write_text(text, encoding="utf-8")
    found = files_named_by(str(tmp_path / sheet))
    assert sorted(os.path.basename(path) for path in found) == expected


def test_what_is_named_must_be_there(tmp_path: Path) -> None:
    sheet = tmp_path / "game.cue"
    sheet.write_text('FILE "gone.bin" BINARY\n')
    with pytest.raises(ContentNotFoundError, match=r"game\.cue names 'gone\.bin'"):
        pack(EnvSpec(core="2048", content=sheet))
    for absolute in (tmp_path / "other.bin", r"C:\games\other.bin"):
        sheet.write_text(f'FILE "{absolute}" BINARY\n')
        with pytest.raises(ContentError, match="path of this machine"):
            pack(EnvSpec(core="2048", content=sheet))
    with pytest.raises(ContentNotFoundError, match="no content at"):
        pack(EnvSpec(core="2048", content=tmp_path / "no.bin"))
    with pytest.raises(ContentNotFoundError, match="no content at"):
        pack(EnvSpec(core="2048", content=tmp_path / "no.m3u"))
    with pytest.raises(ContentNotFoundError, match="system_dir"):
        pack(EnvSpec(core="2048", system_dir=tmp_path / "no"))
    with pytest.raises(CoreNotFoundError):
        pack(EnvSpec(core="no_such_core"))


def test_sheets_that_name_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.m3u").write_text("b.m3u\n")
    (tmp_path / "b.m3u").write_text("a.m3u\n")
    _, spec = sent(tmp_path, content=tmp_path / "a.m3u")
    assert Path(spec.content).with_name("b.m3u").is_file()


def test_files_beside_the_content_come_along(tmp_path: Path) -> None:
    for name in ("clone.zip", "parent.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(name, name)
    spec = EnvSpec(core="2048", content=tmp_path / "clone.zip")
    there = Elsewhere(tmp_path / "there", pack(spec, [tmp_path / "parent.zip"]))
    content = Path(there.unpack().content)
    assert content.name == "clone.zip"
    assert content.with_name("parent.zip").is_file()


def test_a_system_directory_is_a_copy_that_may_be_written(tmp_path: Path) -> None:
    system = tmp_path / "system"
    (system / "sub" / "empty").mkdir(parents=True)
    (system / "bios.bin").write_bytes(b"bios")
    (system / "sub" / "more.bin").write_bytes(b"more")
    os.symlink(system, system / "sub" / "loop")
    there = Elsewhere(tmp_path / "there", pack(EnvSpec(core="2048", system_dir=system)))
    spec = there.unpack()
    assert (Path(spec.system_dir) / "bios.bin").read_bytes() == b"bios"
    assert (Path(spec.system_dir) / "sub" / "more.bin").read_bytes() == b"more"
    assert (Path(spec.system_dir) / "sub" / "empty").is_dir()
    (Path(spec.system_dir) / "bios.bin").write_bytes(b"written by a core")
    assert (Path(there.unpack().system_dir) / "bios.bin").read_bytes() == b"bios"
    with Core(spec.core, system_dir=spec.system_dir) as core:
        core.run()


def test_directories_of_the_host_travel_too(tmp_path: Path) -> None:
    playlists = tmp_path / "playlists"
    playlists.mkdir()
    (playlists / "games.lpl").write_bytes(b"a list")
    host = Host(playlist_dir=playlists, clock=5)
    shipment = pack(EnvSpec(core="2048", host=host, core_arguments={"initial_disk": 0}))
    with pytest.raises(TypeError, match="unpack the shipment first"):
        Core("2048", host=shipment.spec.host)
    there = Elsewhere(tmp_path / "there", shipment)
    spec = there.unpack()
    unpacked = Path(str(spec.host.playlist_dir))
    assert unpacked != playlists
    assert (unpacked / "games.lpl").read_bytes() == b"a list"
    assert (spec.host.clock, spec.host.browser_dir) == (5, None)
    assert spec.core_arguments == {"initial_disk": 0}


def test_states_travel_as_bytes(tmp_path: Path) -> None:
    with Core("2048") as core:
        core.run(3)
        whole, contents = core.snapshot(), core.save_state()
    path = tmp_path / "compressed.state"
    path.write_bytes(gzip.compress(contents))
    _, spec = sent(tmp_path, states={"path": path, "whole": whole, "bytes": contents})
    assert spec.states["path"] == spec.states["bytes"] == contents
    assert bytes(spec.states["whole"]) == bytes(whole)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"core_arguments": {"save_dir": "saves"}}, "save_dir"),
        ({"files": FilePolicy(write=["/tmp"])}, "FilePolicy"),
        ({"core_arguments": {"initial_disk": (1, "disk.img")}}, "initial_disk"),
    ],
)
def test_what_means_something_here_only_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pack(EnvSpec(core="2048", **arguments))


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYLIBRETRO_CACHE_PATH", str(tmp_path))
    assert cache_directory() == str(tmp_path)
    monkeypatch.delenv("PYLIBRETRO_CACHE_PATH")
    assert os.path.basename(cache_directory()) in ("pylibretro", "cache")


@pytest.mark.parametrize("play", PLAYS[:1], ids=lambda play: play.id)
def test_a_real_core_plays_what_was_sent(play: Play, tmp_path: Path) -> None:
    content = play.content(tmp_path)
    there, spec = sent(tmp_path, core=play.core, content=content, options=play.options)

    def seen(open_it: Callable[[], Core]) -> str:
        with open_it() as core:
            core.run(30)
            return sha256(np.asarray(core.raw_frame).tobytes() + core.audio.tobytes())

    expected = seen(lambda: play.open(tmp_path))
    assert seen(lambda: Core(spec.core, spec.content, options=spec.options)) == expected
    assert len(there.fetched) == 2
    shutil.rmtree(there.cache)
