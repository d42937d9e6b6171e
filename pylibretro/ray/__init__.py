"""Games played on many machines, with Ray: a pool of workers, each with a batch of envs.

`RolloutPool` is the way in. It needs the extra `ray`.
"""

from __future__ import annotations

try:
    import ray as _ray  # noqa: F401  # the library
except ModuleNotFoundError as error:
    if error.name != "ray":
        raise
    raise ModuleNotFoundError(
        "pylibretro.ray needs Ray, which is not installed: pip install 'pylibretro[ray]'",
        name="ray",
    ) from None
from pylibretro.files.cache_directory import cache_directory
from pylibretro.ray.fragment import Fragment, StackedFrames
from pylibretro.ray.lockstep import PoolVectorEnv
from pylibretro.ray.pool import RolloutPool
from pylibretro.ray.shipment import Shipment
from pylibretro.ray.worker import WorkerInfo

__all__ = [
    "Fragment",
    "PoolVectorEnv",
    "RolloutPool",
    "Shipment",
    "StackedFrames",
    "WorkerInfo",
    "cache_directory",
]
