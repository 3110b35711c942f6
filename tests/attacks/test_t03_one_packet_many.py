"""T3: ten thousand PONGs or events at once, before anybody has let the client in: no thread and no task for each."""

from __future__ import annotations

import threading

import pytest

from tests.attacks.target import Target, Wire, attacked, packet_frame

MANY = 10_000


class Peak:
    """The most threads and tasks that there have been, over what there was."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._threads, self._tasks = threading.active_count(), target.tasks

    def over(self) -> tuple[int, int]:
        """By how many more there are now."""
        return threading.active_count() - self._threads, self._target.tasks - self._tasks


@pytest.mark.parametrize("packet", ["3", "41", "44"])
def test_by_websocket(target: Target, packet: str) -> None:
    with Wire(target) as wire:
        wire.open_websocket()
        peak = Peak(target)
        wire.try_to_send(packet_frame(packet) * MANY)
        threads, tasks = peak.over()
        assert threads <= 1 and tasks <= 2


def test_pongs_by_polling(target: Target) -> None:
    with Wire(target) as wire:
        sid = wire.open_polling()
        peak = Peak(target)
        assert wire.post(sid, b"\x1e".join([b"3"] * MANY)).body == b"ok"
        threads, tasks = peak.over()
        assert threads <= 1 and tasks <= 2
        wire.post(sid, b"1")


def test_events_before_connect_end_the_connection_with_the_first(wire: Wire) -> None:
    wire.open_websocket()
    wire.try_to_send(packet_frame('42["slow"]') * MANY)
    assert wire.close_code() in (1008, 0)


def test_requests_for_namespaces_are_bounded() -> None:
    with attacked(namespaces="*", max_namespaces=5) as target, Wire(target) as wire:
        wire.open_websocket()
        peak = Peak(target)
        wire.send(b"".join(packet_frame(f"40/{number}") for number in range(300)))
        wire.say("40/end")
        answers = [wire.hear()]
        while not answers[-1].startswith("44/end"):
            answers.append(wire.hear())
        assert sum(answer.startswith("40/") for answer in answers) == 5
        assert peak.over()[1] <= 2


def test_events_of_one_client_take_one_thread_at_a_time_and_wait_in_a_bounded_queue() -> None:
    with attacked(max_threads=4, overtake_after=1_000, max_queued_events=100) as target, Wire(target) as wire:
        wire.join_by_websocket()
        peak = Peak(target)
        event = packet_frame('42["slow","' + "x" * 1_000 + '"]')
        sending = threading.Thread(target=wire.try_to_send, args=[event * MANY])
        sending.start()
        [connection] = target.socketio.running_server.engine.connections.values()
        target.until(lambda: not connection.reading)
        with Wire(target) as honest:
            honest.join_by_websocket()
        threads, tasks = peak.over()
        assert threads <= 5 and tasks <= 3  # one of them is ours
        wire.hang_up()
        sending.join()
        target.go_on.set()
