"""Messages that are longer than anybody can read."""

from __future__ import annotations

import pytest
from observe import OpenCore, content_of

KEPT = 64 << 10


@pytest.mark.parametrize("megabytes", [1, 100])
def test_only_the_beginning_of_a_vast_message_is_kept(open_core: OpenCore, megabytes: int) -> None:
    core = open_core("long_messages", content_of(megabytes))
    core.run()
    plain, euros = core.messages
    assert plain.text == "x" * KEPT
    assert euros.text == "\u20ac" * (KEPT // 3)
