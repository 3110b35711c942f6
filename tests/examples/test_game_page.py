"""What people do with the game, in Chromium."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.programs import ROOT
from tests.examples.chat_driver import Cable
from tests.examples.game_driver import AT_REST, Gamer, GameServer

#: Whether our own bird is well ahead of where the server says that it is.
AHEAD = "Math.abs(game.pilot.body.x - game.states.newest.birds.get(game.seat).x) > 100"

#: Of each number of gems, whether it is all on the screen and nothing lies over it.
SEEN = """() => [...document.querySelectorAll("#scores .gems")].map((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const isIn = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    return isIn && document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === element;
})"""

PICTURES = ROOT / "build" / "screenshots"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


class Match:
    """A server, and people who open its page; their consoles stay clean."""

    def __init__(self, browser: Browser, server: GameServer) -> None:
        self.server = server
        self.people: list[Gamer] = []
        self.cables: list[Cable] = []
        self._browser = browser

    def open(
        self, name: str, *, context: BrowserContext | None = None, port: int | None = None, **options: Any
    ) -> Gamer:
        """The page as somebody sees it who follows a link; the options are Playwright's for a browser of their own."""
        context = context or self._browser.new_context(locale="en-GB", **options)
        gamer = Gamer(context, f"http://127.0.0.1:{port or self.server.port}/?match=garden", name)
        self.people.append(gamer)
        return gamer

    def play(self, name: str, **options: Any) -> Gamer:
        gamer = self.open(name, **options)
        gamer.join()
        return gamer

    def slow_line(self) -> int:
        """A port at which the server is far away: 3G, and 400 ms until an answer comes."""
        self.cables.append(Cable(self.server.port, delay=0.2, rate=50_000))
        return self.cables[-1].port

    def close(self) -> list[str]:
        """Send everybody home; returns what their consoles say."""
        complaints = [
            line for each in self.people for line in each.complaints_about_us(was_cut=self.server.was_stopped)
        ]
        for gamer in self.people:
            gamer.page.context.close()
        for cable in self.cables:
            cable.close()
        return complaints


NewMatch: TypeAlias = "Callable[..., Match]"


@pytest.fixture
def new_match(browser: Browser, tmp_path: Path) -> Iterator[NewMatch]:
    """Starts a server with rounds of so many seconds, and so many birds at least."""

    @contextmanager
    def running(seconds: int, crowd: int) -> Iterator[Match]:
        server = GameServer(tmp_path, seconds=seconds, crowd=crowd)
        match = Match(browser, server)
        try:
            server.start()
            yield match
            assert not match.close()
        finally:
            server.stop()
        assert not [line for line in server.output if "Traceback" in line], "".join(server.output)

    with ExitStack() as stack:
        yield lambda seconds=600, crowd=0: stack.enter_context(running(seconds, crowd))


def test_two_people_and_a_bot_play_a_match_to_its_end(new_match: NewMatch) -> None:
    match = new_match(seconds=10, crowd=3)
    ada, bob = match.play("Ada"), match.play("Bob")
    expect(ada.page.locator("#scores li")).to_have_count(3)
    expect(ada.page.locator("#scores i", has_text="bot")).to_have_count(1)
    ada.page.keyboard.down("ArrowRight")
    bob.page.keyboard.down("KeyA")
    for gamer in (ada, bob):
        expect(gamer.over).to_be_visible()
    podium = ada.page.locator("#podium li").all_inner_texts()
    assert len(podium) == 3
    expect(bob.page.locator("#podium li")).to_have_text([line.replace("\n", "") for line in podium])
    titles = {gamer.page.locator("#over-title").inner_text() for gamer in (ada, bob)}
    best = podium[0].split()[0]
    assert titles <= {f"{best} wins", "You win!", "Nobody wins alone"}
    expect(ada.page.locator("#next")).to_contain_text("The next round begins in")
    for gamer in (ada, bob):
        expect(gamer.over).to_be_hidden()
    assert ada.know("game.card.playing")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_the_server_restarts_under_them_and_nobody_loses_or_doubles_anything(
    new_match: NewMatch, how: signal.Signals
) -> None:
    match = new_match()
    ada, bob = match.play("Ada"), match.play("Bob")
    ada.gather(2)
    bob.gather(1)
    scores = {"Ada": ada.scores["Ada"], "Bob": bob.scores["Bob"]}
    seat, until = ada.know("game.seat"), ada.know("game.card.until")
    tick = bob.know("game.states.newest.tick")
    if how is signal.SIGKILL:  # what was written once a second is all that this leaves
        bob.wait_until(f"game.states.newest.tick > {tick + 60}")
    match.server.stop(how)
    assert match.server.saved == scores
    for gamer in (ada, bob):
        gamer.is_waiting()
        expect(gamer.status).to_contain_text("The server")
        gamer.sees(scores)
    match.server.start()
    for gamer in (ada, bob):
        gamer.comes_back()
        gamer.sees(scores)
        gamer.wait_until(f"game.states.newest.tick > {tick}")
        assert gamer.know("game.card.until") == until
    assert ada.know("game.seat") == seat

    ada.gather(1)
    bob.sees({"Ada": ada.scores["Ada"], "Bob": scores["Bob"]})
    assert ada.scores["Ada"] > scores["Ada"]


def test_a_reload_leads_back_to_the_bird(new_match: NewMatch) -> None:
    match = new_match()
    ada, bob = match.play("Ada"), match.play("Bob")
    ada.gather(2)
    scores = ada.scores
    ada.page.reload()
    ada.is_connected()
    for gamer in (ada, bob):
        gamer.sees(scores)
    ada.gather(1)


def test_a_slow_line_stays_usable(new_match: NewMatch) -> None:
    """3G, and 400 ms until an answer comes."""
    match = new_match()
    bob = match.play("Bob")
    ada = match.play("Ada", port=match.slow_line())
    expect(ada.page.locator("#line span").first).to_have_text(re.compile(r"^([4-9]\d\d|\d{4,}) ms"))
    key = "ArrowLeft" if ada.know("game.pilot.body.x") > 2400 else "ArrowRight"
    ada.page.keyboard.down(key)
    ada.wait_until(AHEAD)
    ada.page.keyboard.up(key)
    ada.gather(2)
    ada.wait_until("game.pilot.ahead < 45")  # nothing piles up
    x, y, seat = ada.know("[game.pilot.body.x, game.pilot.body.y, game.seat]")
    bob.wait_until(f"((bird) => bird.x === {x} && bird.y === {y})(game.states.newest.birds.get({seat}))")


def test_it_is_usable_by_keyboard(new_match: NewMatch) -> None:
    match = new_match()
    ada = match.open("Ada")
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    ada.page.keyboard.type("Ada")
    ada.page.keyboard.press("Enter")
    ada.is_connected()
    ada.page.keyboard.press("Space")
    ada.wait_until("game.pilot.body.dash > 0")
    ada.gather(1)
    ada.page.keyboard.press("Tab")
    ada.page.keyboard.press("Tab")
    expect(ada.page.get_by_role("button", name="Change")).to_be_focused()
    ada.page.keyboard.press("Space")
    expect(ada.page.get_by_role("dialog")).to_be_visible()
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_role("dialog")).to_be_hidden()
    ada.wait_until("!game.pilot.body.dash")
    ada.page.keyboard.press("Space")
    ada.wait_until("game.pilot.body.dash > 0")
    expect(ada.page.get_by_role("dialog")).to_be_hidden()


def test_it_is_usable_by_mouse(new_match: NewMatch) -> None:
    match = new_match()
    ada = match.play("Ada")
    field = ada.page.locator("#field").bounding_box()
    assert field
    ada.page.mouse.move(field["x"] + field["width"] / 2, field["y"] + field["height"] / 2)
    ada.page.mouse.down()
    ada.wait_until("game.pilot.body.vx || game.pilot.body.vy")
    ada.page.mouse.down(button="right")
    ada.wait_until("game.pilot.body.dash > 0")
    ada.page.mouse.up(button="right")
    ada.page.mouse.up()
    ada.wait_until(AT_REST)


def test_it_is_usable_by_fingers(new_match: NewMatch) -> None:
    match = new_match()
    ada = match.play("Ada", **PHONE)
    x = ada.know("game.pilot.body.x")
    way = -1 if x > 2400 else 1
    fingers = ada.developer_tools()
    first, second = {"x": 150, "y": 600, "id": 0}, {"x": 200, "y": 700, "id": 1}
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [first]})
    first["x"] += way * 60
    fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [first]})
    ada.wait_until(f"(game.pilot.body.x - {x}) * {way} > 300")
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [first, second]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": [second]})
    assert ada.page.evaluate("import('./static/main.js').then(({ controls }) => controls.stick !== null)")
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    ada.wait_until("game.pilot.body.vx === 0")
    ada.page.get_by_role("button", name="Dash").tap()
    ada.wait_until("game.pilot.body.dash > 0")


def test_who_watches_has_no_bird(new_match: NewMatch) -> None:
    match = new_match(crowd=2)
    ada, eve = match.play("Ada"), match.open("Eve")
    eve.join("Watch")
    expect(eve.page.get_by_text("You watch.")).to_be_visible()
    expect(eve.page.locator("#scores li")).to_have_count(2)
    assert eve.know("game.pilot") is None
    expect(ada.page.locator("#scores li", has_text="Eve")).to_have_count(0)
    eve.page.get_by_role("button", name="Change").click()
    eve.join()
    expect(ada.page.locator("#scores li", has_text="Eve")).to_have_count(1)


def test_another_name_costs_no_gems(new_match: NewMatch) -> None:
    match = new_match()
    ada, bob = match.play("Ada"), match.play("Bob")
    ada.gather(2)
    gems = ada.scores["Ada"]
    ada.page.get_by_role("button", name="Change").click()
    ada.name = "Countess"
    ada.join()
    for gamer in (ada, bob):
        gamer.sees({"Countess": gems, "Bob": bob.scores["Bob"]})


def test_the_tab_that_another_one_takes_over_from_says_so(new_match: NewMatch) -> None:
    match = new_match()
    ada = match.play("Ada")
    key = ada.page.evaluate("sessionStorage.getItem('game.key')")
    other = match.open("Ada", context=ada.page.context)
    other.page.evaluate("key => sessionStorage.setItem('game.key', key)", key)  # as in a duplicated tab
    other.page.reload()
    other.join()
    expect(ada.page.get_by_role("alert")).to_contain_text("You play in another tab now.")
    ada.join()
    expect(other.page.get_by_role("alert")).to_contain_text("You play in another tab now.")
    ada.sees({"Ada": 0})


@pytest.mark.parametrize(("width", "height"), [(390, 844), (667, 375), (844, 390)])
def test_scores_are_all_on_a_phone_with_the_longest_names(new_match: NewMatch, width: int, height: int) -> None:
    match = new_match(crowd=6)
    ada = match.play("W" * 16, **PHONE | {"viewport": {"width": width, "height": height}})
    expect(ada.page.locator("#scores li")).to_have_count(6)
    assert ada.page.evaluate(SEEN) == [True] * 6


def test_a_page_without_the_socketio_client_says_so(new_match: NewMatch, browser: Browser) -> None:
    context = browser.new_context()
    context.route("**/socket.io/socket.io.js", lambda route: route.fulfill(status=404, body="Install npm"))
    ada = new_match().open("Ada", context=context)
    expect(ada.page.get_by_role("status")).to_have_text("The game cannot start. /socket.io/socket.io.js tells why.")
    ada.complaints.clear()


def test_pictures(new_match: NewMatch) -> None:
    match = new_match(seconds=8, crowd=6)
    devices = {
        "desktop": match.open("Ada", viewport={"width": 1280, "height": 800}),
        "phone": match.open("Bob", **PHONE),
    }

    def look_right(what: str) -> None:
        for device, gamer in devices.items():
            assert gamer.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} is too wide"
            for scheme in ("light", "dark"):
                gamer.page.emulate_media(color_scheme=scheme)
                gamer.page.screenshot(path=PICTURES / f"game-{device}-{what}-{scheme}.png")

    look_right("welcome")
    for gamer in devices.values():
        gamer.join()
    look_right("play")
    for gamer in devices.values():
        expect(gamer.over).to_be_visible()
    look_right("over")
    match.server.stop()
    for gamer in devices.values():
        gamer.is_waiting()
    look_right("lost")
