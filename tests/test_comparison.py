"""This package still does what the comparison with Flask-SocketIO 5 has recorded, without running the other one."""

from __future__ import annotations

from typing import Any

import pytest

from tools.comparison.catalogue import Observation, catalogue, observe
from tools.comparison.clients import show
from tools.comparison.compare import OURS, PAGE, problems, run_observations
from tools.comparison.reasons import FAILED
from tools.comparison.record import Record, Transcript, load
from tools.comparison.report import page

AGAIN = "if this is meant, `make comparison` records it"


@pytest.fixture(scope="module")
def now() -> dict[str, Transcript]:
    """What all observations see now."""
    return run_observations(OURS)


@pytest.fixture(scope="module")
def recorded() -> Record:
    return load()


@pytest.mark.parametrize("name", catalogue())
def test_an_observation_sees_what_was_recorded(
    name: str, now: dict[str, Transcript], recorded: Record, request: pytest.FixtureRequest
) -> None:
    second_attempt = getattr(request.node, "execution_count", 1) > 1
    seen = run_observations(OURS, name) if second_attempt else now
    assert seen[name] == recorded["ours"].get(name), AGAIN


def test_the_record_is_complete_and_all_its_differences_are_meant(recorded: Record) -> None:
    assert list(recorded["ours"]) == list(recorded["upstream"]) == list(catalogue()), AGAIN
    assert list(problems(recorded, catalogue())) == []


def test_the_page_is_that_of_the_record(recorded: Record) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(recorded, catalogue()), AGAIN


# The comparison itself ------------------------------------------------------------------------------------------------


def heard(*lines: str) -> Transcript:
    return {"wire": list(lines), "seen": []}


def compared(differs: Any, upstream: Transcript, ours: Transcript) -> tuple[Record, dict[str, Observation]]:
    observation = Observation("theme", "title", lambda world: None, {}, differs)
    record: Record = {"version": "5", "upstream": {}, "ours": {}}
    record["upstream"][observation.name], record["ours"][observation.name] = upstream, ours
    return record, {observation.name: observation}


def test_a_difference_without_a_reason_is_a_problem() -> None:
    found = list(problems(*compared(None, heard("< a"), heard("< b"))))
    assert found == [
        "theme: title: differs, and no reason is given\n    upstream:\n        < a\n    ours:\n        < b"
    ]


def test_a_reason_without_a_difference_is_a_problem() -> None:
    found = list(problems(*compared(FAILED, heard("< a"), heard("< a"))))
    assert len(found) == 1
    assert "is said to differ (A handler that fails is answered), and does not" in found[0]


def test_a_difference_with_its_reason_is_none() -> None:
    assert list(problems(*compared(FAILED, heard("< a"), heard("< b")))) == []
    assert list(problems(*compared(None, heard("< a"), heard("< a")))) == []


def test_the_page_shows_both_sides_of_a_difference() -> None:
    text = page(*compared(FAILED, heard("> `a`", "< a|b"), heard("< c")))
    assert "| title | `` > `a` ``<br>`< a\\|b` | `< c` |" in text
    assert "1 observations" in text and "0 of them are the same" in text


def test_two_observations_have_two_names() -> None:
    catalogue()

    def act(world: Any) -> None: ...

    act.__module__ = "tools.comparison.observations.results"
    with pytest.raises(ValueError, match="two observations are called 'results: None is an acknowledgement"):
        observe("None is an acknowledgement without arguments")(act)


def test_packets_are_shown_on_one_line() -> None:
    assert show(b"\x01\xff") == "<01 ff>"
    assert show("4a\x1e4b") == "4a|4b"
    assert show("x" * 500) == "x" * 60 + "... (500 characters)"
