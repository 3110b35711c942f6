"""T6: packets that a parser could trip over, and events named as what is none."""

from __future__ import annotations

import random

import pytest

from tests.attacks.target import Target, Wire, packet_frame

DEEP = 50_000

HOSTILE = [
    '42["echo",' + "[" * DEEP + "]" * DEEP + "]",
    "42" + "[" * DEEP,
    '42["echo",' + '{"a":' * DEEP + "1" + "}" * DEEP + "]",
    '42["echo",NaN]',
    '42["echo",-Infinity]',
    '42["echo",1e999]',
    '42["echo",' + "9" * 100_000 + "]",
    '42["echo","\\ud800"]',
    '42["echo","\\u0000"]',
    '42["echo"',
    "42",
    "42[]",
    "42{}",
    "42null",
    "42[5]",
    "42[null]",
    '42[{"toString":"echo"}]',
    '42[["echo"]]',
    '42["__proto__"]',
    '42["__class__"]',
    "42" + "9" * 400 + '["echo"]',
    '42-1["echo"]',
    '42\u0661["echo"]',
    '451-["echo",{"_placeholder":true,"num":-1}]',
    '451-["echo",{"_placeholder":true,"num":"x"}]',
    '451-["echo",{"_placeholder":true,"num":1e9}]',
    '451-["echo",{"_placeholder":true,"num":1.5}]',
    '451-["echo",{"_placeholder":true,"num":true}]',
    '451-["echo",{"_placeholder":true}]',
    '451-["echo",{"_placeholder":true,"num":[0]}]',
    "43",
    "43[1]",
    "430",
    "430{}",
    "43" + "9" * 5_000 + "[]",
    "40/" + "x" * 100_000 + ",",
    "40/__proto__,",
    "40/\x00,",
    "40/\ud800,",
    '40/,{"a":',
    "40[1]",
    "41/nowhere,",
    "44{}",
    "46[]",
    "47",
    "4",
    "",
    "2",
    "6",
    "0{}",
    "5",
    "9",
    "\x00",
    "b4AAAA",
]


@pytest.mark.parametrize("packet", HOSTILE, ids=lambda packet: ascii(packet)[:30])
def test_a_hostile_packet_harms_its_sender_only(target: Target, packet: str) -> None:
    with Wire(target) as honest, Wire(target) as wire:
        honest.join_by_websocket()
        wire.join_by_websocket()
        wire.say(packet, b"attached")
        wire.say('42999["echo","end"]')
        sid = wire_by_polling(target, packet)
        honest.say('420["echo","unharmed"]')
        assert honest.hear() == '430["unharmed"]'
        assert sid


def wire_by_polling(target: Target, packet: str) -> str:
    """Send a packet by polling, too; whatever the answer, there is one."""
    with Wire(target) as wire:
        sid = wire.join_by_polling()
        assert wire.post(sid, packet.encode("utf-8", "surrogatepass")).status in (200, 400)
        return sid


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error", "error", "newListener", "disconnecting"])
def test_an_event_with_a_reserved_name_runs_no_handler_of_that_name(target: Target, event: str) -> None:
    with Wire(target) as wire:
        wire.join_by_websocket()
        target.until(lambda: "connect" in str(target.calls))
        before = list(target.calls)
        wire.say(f'42["{event}","forged"]')
        assert target.is_well()
        assert not [call for call in target.calls[len(before) :] if "forged" in call]


def test_noise(target: Target) -> None:
    noise = random.Random(5)
    alphabet = [
        "4",
        "2",
        "5",
        "0",
        "1",
        "-",
        ",",
        "/",
        "[",
        "]",
        "{",
        "}",
        '"',
        ":",
        "echo",
        "\\",
        "é",
        "\x1e",
        "b",
        "9",
    ]
    for _ in range(60):
        with Wire(target) as wire:
            wire.join_by_websocket()
            packets = ["4" + "".join(noise.choices(alphabet, k=noise.randrange(1, 12))) for _ in range(20)]
            wire.try_to_send(b"".join(map(packet_frame, packets)))
