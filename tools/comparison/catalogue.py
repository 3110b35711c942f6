"""The list of observations; every module of `observations/` adds to it with `@observe`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.comparison import observations
from tools.comparison.reasons import Reason

if TYPE_CHECKING:
    from tools.comparison.world import World


@dataclass(frozen=True)
class Observation:
    """Something to look at on both packages.

    Attributes:
        theme: the module it is in.
        title: what it is about, as a statement that holds for this package.
        act: does it.
        options: those of `SocketIO`.
        differs: why the two packages differ here; None where they must not.
    """

    theme: str
    title: str
    act: Callable[[World], object]
    options: dict[str, Any]
    differs: Reason | None

    @property
    def name(self) -> str:
        """What it is called in the record and by tests."""
        return f"{self.theme}: {self.title}"


_OBSERVATIONS: dict[str, Observation] = {}


def observe(
    title: str, *, differs: Reason | None = None, **options: Any
) -> Callable[[Callable[[World], object]], Callable[[World], object]]:
    """Decorator: add a function to the list. See `Observation`."""

    def decorator(act: Callable[[World], object]) -> Callable[[World], object]:
        theme = act.__module__.rpartition(".")[2].replace("_", " ")
        observation = Observation(theme, title, act, options, differs)
        if _OBSERVATIONS.setdefault(observation.name, observation) is not observation:
            raise ValueError(f"two observations are called {observation.name!r}")
        return act

    return decorator


def catalogue(themes: str = "") -> dict[str, Observation]:
    """All observations by name, or those whose name contains `themes`."""
    for module in pkgutil.iter_modules(observations.__path__):
        importlib.import_module(f"{observations.__name__}.{module.name}")
    return {name: found for name, found in _OBSERVATIONS.items() if themes in name}
