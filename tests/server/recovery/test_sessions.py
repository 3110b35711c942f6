"""Sessions of clients that are away: who is given up first."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from flask_socketio.server.recovery.sessions import Session, Sessions


def session(sid: str, address: str) -> Session:
    return Session(f"pid of {sid}", sid, "/", address, 0.0, 0.0, None)


def test_who_comes_and_goes_pushes_out_itself() -> None:
    sessions = Sessions()
    sessions.add(session("victim", "a"))
    gone = []
    for number in range(10):
        sessions.add(session(str(number), "b"))
        if len(sessions) > 2:
            gone.append(sessions.first_to_go().sid)
            sessions.remove(sessions.first_to_go())
    assert gone == [str(number) for number in range(9)] and "victim" in sessions


def test_of_addresses_that_have_as_many_the_one_that_has_had_them_for_longest_goes_first() -> None:
    sessions = Sessions()
    for sid in "abc":
        sessions.add(session(sid, f"address of {sid}"))
    assert [sessions.first_to_go().sid, len(sessions), [one.sid for one in sessions]] == ["a", 3, ["a", "b", "c"]]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60))
def test_it_is_always_one_of_the_address_that_has_most(steps: list[tuple[bool, int]]) -> None:
    sessions, sids = Sessions(), count()
    model: dict[str, str] = {}
    for comes, number in steps:
        if comes:
            sid = str(next(sids))
            model[sid] = str(number)
            sessions.add(session(sid, str(number)))
        elif model:
            sid = list(model)[number % len(model)]
            del model[sid]
            found = sessions.get(sid)
            assert found is not None
            sessions.remove(found)
        if model:
            counts = [list(model.values()).count(address) for address in model.values()]
            first = sessions.first_to_go()
            assert list(model.values()).count(first.address) == max(counts)
            assert first.sid == next(sid for sid, address in model.items() if address == first.address)
    for one in list(sessions):
        sessions.remove(one)
    assert (sessions._sessions, sessions._of, sessions._with, sessions._most) == ({}, {}, {}, 0)
