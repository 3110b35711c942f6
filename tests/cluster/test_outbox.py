"""What waits for a bus."""

from __future__ import annotations

from flask_socketio.cluster.outbox import BATCH, Outbox


def drain(outbox: Outbox) -> list[bytes]:
    """All that waits, in order."""
    sent: list[bytes] = []
    while batch := outbox.take():
        sent += batch
        outbox.sent()
    return sent


def test_messages_leave_in_order_in_batches() -> None:
    outbox = Outbox()
    messages = [b"%d" % number for number in range(2 * BATCH + 1)]
    for message in messages:
        assert outbox.put(message)

    assert len(outbox.take()) == BATCH
    assert drain(outbox) == messages


def test_what_was_not_sent_is_taken_again_before_what_came_since() -> None:
    outbox = Outbox()
    outbox.put(b"first")
    outbox.take()
    outbox.put(b"second")

    assert drain(outbox) == [b"first", b"second"]


def test_at_the_bound_in_messages_the_oldest_makes_room() -> None:
    outbox = Outbox(max_messages=2)

    assert [outbox.put(message) for message in (b"a", b"b", b"c")] == [True, True, False]
    assert drain(outbox) == [b"b", b"c"]
    assert (outbox.count_lost(), outbox.count_lost()) == (1, 0)


def test_at_the_bound_in_bytes_the_oldest_makes_room() -> None:
    outbox = Outbox(max_size=10)

    assert [outbox.put(message) for message in (b"aaaa", b"bbbb", b"cccc")] == [True, True, False]
    assert drain(outbox) == [b"bbbb", b"cccc"]


def test_one_message_always_fits() -> None:
    outbox = Outbox(max_size=10)
    outbox.put(b"a")
    outbox.put(b"b" * 100)

    assert drain(outbox) == [b"b" * 100]


def test_what_is_being_sent_no_longer_counts() -> None:
    outbox = Outbox(max_messages=2)
    outbox.put(b"a")
    outbox.put(b"b")
    outbox.take()

    assert outbox.put(b"c") and outbox.put(b"d")
    assert drain(outbox) == [b"a", b"b", b"c", b"d"]
