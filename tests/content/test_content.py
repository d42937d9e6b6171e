"""Content: every form a user gives, made into what each kind of core must be told."""

from __future__ import annotations

import gc
import io
import os
import string
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylibretro.content.content import Content, explain_refusal, extension_of, resolve_content
from pylibretro.error import ContentError, ContentNotFoundError

GAME = bytes(range(256)) * 5


class Resolver:
    """Resolves content for a core that takes .sfc and .smc, unless told otherwise."""

    def __init__(self, directory: Path) -> None:
        self.scratch_directory = directory / "scratch"
        self.asked = 0

    def scratch(self, name: str) -> str:
        assert name == "content"
        self.asked += 1
        self.scratch_directory.mkdir(exist_ok=True)
        return str(self.scratch_directory)

    def __call__(self, content: Any, **core: Any) -> Content:
        core.setdefault("extensions", ("sfc", "smc"))
        resolved = resolve_content(content, scratch=self.scratch, **core)
        assert resolved is not None
        return resolved


@pytest.fixture
def resolve(tmp_path: Path) -> Resolver:
    return Resolver(tmp_path)


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "Na.me.SFC"
    path.write_bytes(GAME)
    return path


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", method) as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        return path

    return make


def given_bytes(content: Content) -> bytes:
    assert content.data is not None
    return bytes(content.data)


def on_disk(content: Content) -> bytes:
    assert os.path.isabs(content.path)
    return Path(content.path).read_bytes()


class TestFiles:
    @pytest.mark.parametrize("as_given", [str, Path])
    def test_a_core_that_takes_data(
        self, as_given: Callable[[Path], Any], game: Path, resolve: Resolver
    ) -> None:
        content = resolve(as_given(game))
        assert content.path == str(game)
        assert given_bytes(content) == GAME
        assert (content.directory, content.name, content.extension) == (
            str(game.parent),
            "Na.me",
            "sfc",
        )
        assert (content.archive_path, content.archive_file) == (None, None)
        assert resolve.asked == 0

    def test_a_core_that_needs_the_path(self, game: Path, resolve: Resolver) -> None:
        content = resolve(game, need_fullpath=True)
        assert content.path == str(game)
        assert content.data is None
        assert resolve.asked == 0

    def test_a_relative_path_becomes_absolute(
        self, game: Path, resolve: Resolver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(game.parent)
        assert resolve(game.name).path == str(game)

    def test_the_home_directory_is_expanded(
        self, game: Path, resolve: Resolver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(game.parent))
        monkeypatch.setenv("USERPROFILE", str(game.parent))
        assert resolve(os.path.join("~", game.name)).path == str(game)

    def test_a_foreign_extension_is_passed_on(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "game.bin"
        path.write_bytes(GAME)
        assert given_bytes(resolve(path)) == GAME

    def test_a_name_without_extension(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "game"
        path.write_bytes(GAME)
        content = resolve(path)
        assert (content.name, content.extension) == ("game", "")

    def test_a_hash_in_the_name_of_a_file(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "Game #1.sfc"
        path.write_bytes(GAME)
        assert resolve(path).path == str(path)

    def test_no_content(self, resolve: Resolver) -> None:
        assert resolve_content(None, scratch=resolve.scratch) is None


@pytest.mark.parametrize("size", [1280, 1 << 16, 1 << 17], ids=["small", "limit", "large"])
class TestPrivateData:
    @pytest.fixture
    def data(self, size: int) -> bytes:
        return GAME * (size // len(GAME)) + bytes(size % len(GAME))

    @pytest.fixture
    def game(self, tmp_path: Path, data: bytes) -> Path:
        path = tmp_path / "game.sfc"
        path.write_bytes(data)
        return path

    def test_what_a_core_writes_reaches_nobody_else(
        self, game: Path, data: bytes, resolve: Resolver
    ) -> None:
        first, second = resolve(game), resolve(game)
        assert first.data is not None
        first.data[0:4] = b"mine"
        assert given_bytes(second) == data
        assert given_bytes(resolve(game)) == data
        assert game.read_bytes() == data

    def test_the_same_for_bytes(self, data: bytes, resolve: Resolver) -> None:
        mine = bytearray(data)
        content = resolve(mine)
        assert content.data is not None
        content.data[0:4] = b"mine"
        assert mine == data
        assert on_disk(content) == data
        mine[:] = bytes(len(mine))
        assert given_bytes(content)[4:] == data[4:]

    def test_a_file_truncated_while_the_core_runs(
        self, game: Path, data: bytes, resolve: Resolver
    ) -> None:
        content = resolve(game)
        game.write_bytes(b"")
        assert given_bytes(content) == data

    def test_a_file_rewritten_at_once_is_read_again(
        self, game: Path, data: bytes, resolve: Resolver
    ) -> None:
        kept = []
        for generation in range(20):
            game.write_bytes(bytes([generation]) * len(data))
            kept.append(resolve(game))
        for generation, content in enumerate(kept):
            assert given_bytes(content) == bytes([generation]) * len(data)

    def test_nothing_stays_open(self, game: Path, data: bytes, resolve: Resolver) -> None:
        if not os.path.isdir("/proc/self/fd"):
            pytest.skip("open files are counted in /proc, which Linux has")
        resolve(game)
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            resolve(game)
            resolve(data)
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("form", ["file", "new file", "bytes", "member of a zip"])
def test_cores_with_the_same_content_share_its_bytes(tmp_path: Path, form: str) -> None:
    if sys.platform != "linux":
        pytest.skip("private memory is read from /proc, which Linux has")
    code = f"""
import os, tempfile, zipfile
from pathlib import Path
from pylibretro.content.content import resolve_content

form = {form!r}
directory = Path({str(tmp_path)!r})
path = directory / "large.sfc"
data = bytes(range(256)) * 65536
path.write_bytes(data)
if form == "file":
    import time
    time.sleep(2.5)
if form == "member of a zip":
    path = directory / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large.sfc", data)
given = data if form == "bytes" else path

def private_memory():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))

def load(given):
    content = resolve_content(
        given, extensions=["sfc"], scratch=lambda name: tempfile.mkdtemp(dir=directory)
    )
    assert sum(content.data[::4096]) == 0
    return content

kept = [load(given) for _ in range(2)]
before = private_memory()
kept += [load(given) for _ in range(7)]
print(private_memory() - before)
kept[0].data[0] = 9
assert kept[1].data[0] == load(given).data[0] == 0
other = load(data[:-1] + b"x")
assert other.data[-1] == ord("x") and kept[1].data[-1] == 255
"""
    grown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(grown.stdout) < 2048, "seven more copies of 16 MiB cost more than 2 MiB"


class TestBytes:
    @pytest.mark.parametrize(
        "content",
        [
            GAME,
            bytearray(GAME),
            memoryview(GAME),
            numpy.frombuffer(GAME, "<u4").reshape(5, 64),
            memoryview(bytes(2 * len(GAME))[:0] + bytes(b for x in GAME for b in (x, 0)))[::2],
            numpy.asfortranarray(numpy.frombuffer(GAME, "u1").reshape(5, 256)),
            numpy.repeat(numpy.frombuffer(GAME, ">i2"), 3)[::3],
        ],
        ids=["bytes", "bytearray", "view", "array", "strided", "fortran", "big endian"],
    )
    def test_every_buffer_and_layout(self, content: Any, resolve: Resolver) -> None:
        resolved = resolve(content)
        assert given_bytes(resolved) == GAME
        assert on_disk(resolved) == GAME
        assert resolved.extension == "sfc"
        assert resolved.directory == os.path.dirname(resolved.path)

    def test_a_core_that_needs_the_path_gets_a_file(self, resolve: Resolver) -> None:
        content = resolve(GAME, need_fullpath=True, content_name="Mario.smc")
        assert content.data is None
        assert on_disk(content) == GAME
        assert (content.name, content.extension) == ("Mario", "smc")
        assert Path(content.path).is_relative_to(resolve.scratch_directory)

    def test_a_name_without_extension_gets_the_cores_first(self, resolve: Resolver) -> None:
        assert os.path.basename(resolve(GAME, content_name="Mario").path) == "Mario.sfc"
        assert os.path.basename(resolve(GAME).path) == "content.sfc"
        assert os.path.basename(resolve(GAME, extensions=()).path) == "content"

    def test_two_contents_of_one_core_do_not_meet(self, resolve: Resolver) -> None:
        first, second = resolve(GAME), resolve(GAME[::-1])
        assert on_disk(first) == GAME
        assert on_disk(second) == GAME[::-1]

    @pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), numpy.empty(0)])
    def test_empty_content_is_the_cores_to_judge(self, empty: Any, resolve: Resolver) -> None:
        data = resolve(empty).data
        assert data is not None
        assert len(data) == 0

    @pytest.mark.parametrize("wrong", [3, 2.5, ["game.sfc"], object()])
    def test_anything_else_is_a_type_error(self, wrong: Any, resolve: Resolver) -> None:
        with pytest.raises(TypeError, match="content must be a path, bytes or None"):
            resolve(wrong)

    @settings(max_examples=150, deadline=None)
    @given(
        st.one_of(
            st.text(max_size=300),
            st.text(string.printable, max_size=40),
            st.sampled_from(
                ["..", "../../x", "..\\..\\x", "CON", "nul.sfc", "a/b\\c.sfc", "/", "."]
            ),
        ),
        st.booleans(),
    )
    def test_any_name_becomes_one_file_in_the_scratch_directory(
        self, name: str, need_fullpath: bool
    ) -> None:
        with tempfile.TemporaryDirectory() as directory:
            resolve = Resolver(Path(directory))
            content = resolve(GAME, content_name=name, need_fullpath=need_fullpath)
            assert on_disk(content) == GAME
            path = Path(content.path)
            assert path.resolve().parent.parent == resolve.scratch_directory.resolve()
            assert path.name.isprintable()
            assert not set(path.name) & set('<>:"|?*/\\')
            assert len(os.fsencode(path.name)) < 200
            assert path.stem.casefold() not in ("con", "nul", "")
            assert content.extension == extension_of(path.name) == path.suffix[1:].lower()
            assert content.extension
            del content


class TestZips:
    def test_the_extensions_choose_the_member(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        archive = make_zip("Pack.ZIP", {"readme.txt": b"read", "roms/My Game.SMC": GAME})
        content = resolve(archive)
        assert given_bytes(content) == GAME
        assert on_disk(content) == GAME
        assert content.archive_path == str(archive)
        assert content.archive_file == "roms/My Game.SMC"
        assert os.path.basename(content.path) == "My Game.SMC"
        assert (content.directory, content.name, content.extension) == (
            str(archive.parent),
            "Pack",
            "smc",
        )

    def test_a_core_that_needs_the_path_gets_an_ordinary_file(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        content = resolve(make_zip("pack.zip", {"game.sfc": GAME}), need_fullpath=True)
        assert content.data is None
        assert on_disk(content) == GAME
        assert content.archive_path is None
        assert (content.directory, content.name) == (os.path.dirname(content.path), "game")

    def test_the_first_in_natural_order(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        members = {"game 10.sfc": b"10", "Game 9.sfc": b"9", "zz.sfc": b"z"}
        assert given_bytes(resolve(make_zip("pack.zip", members))) == b"9"

    def test_the_member_named_like_the_zip_comes_first(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        members = {"a.sfc": b"a", "Pack.sfc": b"pack", "z.sfc": b"z"}
        assert given_bytes(resolve(make_zip("pack.zip", members))) == b"pack"

    def test_a_named_member(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        archive = make_zip("pack.zip", {"a.sfc": b"a", "more/b #2.txt": b"b"})
        content = resolve(f"{archive}#more/b #2.txt")
        assert given_bytes(content) == b"b"
        assert (content.name, content.extension) == ("b #2", "txt")
        assert content.archive_path == str(archive)
        assert given_bytes(resolve(f"{archive}#A.SFC")) == b"a"

    def test_a_named_member_that_is_not_there(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        archive = make_zip("pack.zip", {"a.sfc": b"a"})
        with pytest.raises(ContentNotFoundError, match=r"no file 'b\.sfc'; it holds a\.sfc"):
            resolve(f"{archive}#b.sfc")

    def test_nothing_that_fits(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        archive = make_zip("pack.zip", {"a.txt": b"a", "__MACOSX/._a.sfc": b"x", "._b.sfc": b"y"})
        with pytest.raises(ContentError, match=r"\(\.sfc, \.smc\); it holds a\.txt\."):
            resolve(archive)

    @pytest.mark.parametrize(
        "core",
        [{"extensions": ("zip",)}, {"block_extract": True}, {"extensions": ()}],
        ids=["lists zip", "block_extract", "lists nothing"],
    )
    def test_a_core_that_takes_the_zip_itself(
        self, core: dict[str, Any], make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        archive = make_zip("pack.zip", {"a.sfc": GAME})
        content = resolve(archive, need_fullpath=True, **core)
        assert content.path == str(archive)
        assert content.archive_path is None
        assert given_bytes(resolve(archive, **core)) == archive.read_bytes()
        assert on_disk(resolve(archive.read_bytes(), **core)) == archive.read_bytes()

    def test_a_zip_given_as_bytes(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        archive = make_zip("pack.zip", {"readme.txt": b"read", "game.sfc": GAME})
        content = resolve(archive.read_bytes(), content_name="my pack.zip")
        assert given_bytes(content) == GAME
        assert (content.name, content.extension, content.archive_file) == (
            "my pack",
            "sfc",
            "game.sfc",
        )

    def test_a_cue_sheet_is_preferred_and_its_tracks_come_along(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        cue = b'FILE "disc.bin" BINARY\n'
        members = {"cd/disc.bin": GAME, "cd/disc.cue": cue, "other/disc.bin": b"not this"}
        content = resolve(
            make_zip("pack.zip", members), need_fullpath=True, extensions=("bin", "cue")
        )
        assert on_disk(content) == cue
        assert Path(content.directory, "disc.bin").read_bytes() == GAME

    def test_a_member_cannot_leave_the_scratch_directory(
        self, make_zip: Callable[..., Path], resolve: Resolver, tmp_path: Path
    ) -> None:
        content = resolve(make_zip("pack.zip", {"../../../evil.sfc": GAME}), need_fullpath=True)
        assert Path(content.path).is_relative_to(resolve.scratch_directory)
        assert not list(tmp_path.parent.glob("evil*"))

    def test_what_is_not_a_zip(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "pack.zip"
        path.write_bytes(GAME)
        with pytest.raises(ContentError, match="not a readable zip"):
            resolve(path)
        with pytest.raises(ContentError, match="not a readable zip"):
            resolve(f"{path}#a.sfc")

    def test_a_damaged_member(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        archive = make_zip("pack.zip", {"a.sfc": GAME}, zipfile.ZIP_STORED)
        damaged = bytearray(archive.read_bytes())
        damaged[damaged.index(GAME[:64]) + 10] ^= 1
        archive.write_bytes(damaged)
        with pytest.raises(ContentError, match=r"cannot be unpacked: Bad CRC-32"):
            resolve(archive)

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_any_damage_is_a_content_error_or_harmless(self, data: st.DataObject) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.sfc", GAME)
        damaged = bytearray(file.getvalue())
        for _ in range(data.draw(st.integers(1, 4))):
            damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        with tempfile.TemporaryDirectory() as directory:
            try:
                content = Resolver(Path(directory))(bytes(damaged))
            except ContentError:
                return
            assert given_bytes(content) == GAME
            del content

    def test_an_encrypted_member(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        archive = make_zip("pack.zip", {"a.sfc": GAME}, zipfile.ZIP_STORED)
        marked = bytearray(archive.read_bytes())
        for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            marked[marked.index(signature) + offset] |= 1
        archive.write_bytes(marked)
        with pytest.raises(ContentError, match="encrypted; extract it first"):
            resolve(archive)

    def test_a_member_that_claims_to_be_huge(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        archive = make_zip("pack.zip", {"a.sfc": GAME})
        bomb = bytearray(archive.read_bytes())
        position = bomb.index(b"PK\1\2") + 24
        bomb[position : position + 4] = (0xF0000000).to_bytes(4, "little")
        archive.write_bytes(bomb)
        with pytest.raises(ContentError, match=r"would unpack to 4,026,531,840 bytes"):
            resolve(archive)
        assert not list(resolve.scratch_directory.rglob("*.sfc"))

    def test_a_member_longer_or_shorter_than_the_zip_says(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        archive = make_zip("pack.zip", {"a.sfc": GAME})
        original = archive.read_bytes()
        for size in (len(GAME) - 7, len(GAME) + 7):
            lying = bytearray(original)
            position = lying.index(b"PK\1\2") + 24
            lying[position : position + 4] = size.to_bytes(4, "little")
            archive.write_bytes(lying)
            with pytest.raises(ContentError):
                resolve(archive)

    def test_an_empty_member(self, make_zip: Callable[..., Path], resolve: Resolver) -> None:
        found = resolve(make_zip("pack.zip", {"a.sfc": b""}))
        assert found.data is not None
        assert (len(found.data), found.archive_file) == (0, "a.sfc")


class TestOtherArchives:
    @pytest.mark.parametrize("extension", ["7z", "RAR", "gz"])
    def test_they_are_refused_with_the_way_out(
        self, extension: str, tmp_path: Path, resolve: Resolver
    ) -> None:
        path = tmp_path / f"game.{extension}"
        path.write_bytes(GAME)
        with pytest.raises(ContentError, match=r"extract it, or pack it as \.zip"):
            resolve(path)

    def test_a_core_that_takes_them_gets_them(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "game.7z"
        path.write_bytes(GAME)
        content = resolve(path, extensions=("zip", "7z"), need_fullpath=True)
        assert content.path == str(path)


class TestOverrides:
    OVERRIDES = (("smc|sfc", False, True), (("sfc",), True, False))

    def test_an_override_decides_for_its_extensions(self, game: Path, resolve: Resolver) -> None:
        core = {"need_fullpath": True, "overrides": self.OVERRIDES}
        assert given_bytes(resolve(game, **core)) == GAME
        other = game.with_suffix(".bin")
        other.write_bytes(GAME)
        assert resolve(other, **core).data is None

    def test_it_counts_for_bytes_and_for_members_of_zips(
        self, make_zip: Callable[..., Path], resolve: Resolver
    ) -> None:
        core = {"overrides": [("smc", True, False)]}
        archive = make_zip("pack.zip", {"game.SMC": GAME})
        assert resolve(archive, **core).data is None
        assert resolve(GAME, content_name="a.smc", **core).data is None
        assert given_bytes(resolve(GAME, content_name="a.sfc", **core)) == GAME


class TestRefusedPaths:
    def test_missing(self, tmp_path: Path, resolve: Resolver) -> None:
        with pytest.raises(ContentNotFoundError, match="there is no content at") as caught:
            resolve(tmp_path / "absent.sfc")
        assert isinstance(caught.value, (FileNotFoundError, ValueError))
        with pytest.raises(FileNotFoundError):
            resolve(tmp_path / "absent.zip#a.sfc")

    def test_below_a_file(self, game: Path, resolve: Resolver) -> None:
        with pytest.raises(ContentNotFoundError):
            resolve(game / "inside")

    def test_a_directory(self, tmp_path: Path, resolve: Resolver) -> None:
        with pytest.raises(ContentError, match="is a directory"):
            resolve(tmp_path)

    def test_an_empty_path(self, resolve: Resolver) -> None:
        with pytest.raises(ContentNotFoundError, match="the content path is empty"):
            resolve("")

    @pytest.mark.parametrize("need_fullpath", [False, True])
    def test_an_empty_file(self, need_fullpath: bool, tmp_path: Path, resolve: Resolver) -> None:
        (tmp_path / "empty.sfc").touch()
        found = resolve(tmp_path / "empty.sfc", need_fullpath=need_fullpath)
        assert found.path == str(tmp_path / "empty.sfc")
        assert (found.data is None) == need_fullpath
        assert not found.data

    def test_a_device(self, resolve: Resolver) -> None:
        if not os.path.exists("/dev/zero"):
            pytest.skip("this system has no /dev/zero")
        with pytest.raises(ContentError, match="not a regular file"):
            resolve("/dev/zero")

    @pytest.mark.parametrize("odd", ["a\0b", "x" * 5000])
    def test_what_no_file_can_be_called(self, odd: str, resolve: Resolver) -> None:
        with pytest.raises(ContentError):
            resolve(odd)

    def test_a_file_one_may_not_read(self, game: Path, resolve: Resolver) -> None:
        game.chmod(0)
        try:
            game.read_bytes()
        except PermissionError:
            with pytest.raises(ContentError, match="cannot be read: Permission denied"):
                resolve(game)
        else:
            pytest.skip("this user may read everything")


class TestExplainRefusal:
    def test_the_extension_is_named_when_it_is_not_listed(
        self, tmp_path: Path, resolve: Resolver
    ) -> None:
        path = tmp_path / "letter.txt"
        path.write_bytes(b"Dear core,")
        sentence = explain_refusal(resolve(path), ("SFC", "smc", "sfc"))
        assert sentence == "The name 'letter.txt' ends in .txt; this core takes .sfc, .smc."

    def test_a_name_without_extension(self, tmp_path: Path, resolve: Resolver) -> None:
        path = tmp_path / "letter"
        path.write_bytes(b"Dear core,")
        assert "has no extension" in explain_refusal(resolve(path), ("sfc",))

    def test_nothing_is_said_when_the_extension_fits(self, game: Path, resolve: Resolver) -> None:
        assert explain_refusal(resolve(game), ("sfc",)) == ""
        assert explain_refusal(resolve(game), ()) == ""

    def test_no_content(self) -> None:
        assert explain_refusal(None, ("sfc",)) == "It was given no content; it takes .sfc."
        assert explain_refusal(None, ()) == ""
