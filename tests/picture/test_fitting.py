"""Pictures in another size."""

from __future__ import annotations

import numpy as np
import pytest

from pylibretro.picture.fitting import fitted


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (224, 320), (10, 1000), (480, 640)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_every_pixel_comes_from_its_place(size: tuple[int, int], channels: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (192, 256, *channels), np.uint8)
    result = fitted(picture, *size)
    assert result.shape == (*size, *channels)
    assert result.dtype == np.uint8
    for y, x in ((0, 0), (size[0] - 1, size[1] - 1), (size[0] // 2, size[1] // 3)):
        assert np.array_equal(result[y, x], picture[y * 192 // size[0], x * 256 // size[1]])


def test_a_picture_of_this_size_is_not_copied() -> None:
    picture = np.zeros((3, 4, 3), np.uint8)
    assert fitted(picture, 3, 4) is picture
