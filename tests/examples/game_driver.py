"""What the tests of the game drive it with: its server as a process, and people who play in their browsers."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Locator, expect

from tests.e2e.programs import Program, free_port
from tests.examples.chat_driver import Person

#: Which way to the gem that is nearest to our bird: the names of keys.
NEAREST_GEM = """() => {
    const { x, y } = game.pilot.body;
    const away = (gem) => Math.hypot(gem.x - x, gem.y - y);
    const [gem] = [...game.states.newest.gems.values()].sort((one, other) => away(one) - away(other));
    if (!gem) return [];
    const keys = [];
    if (Math.abs(gem.x - x) > 60) keys.push(gem.x > x ? "ArrowRight" : "ArrowLeft");
    if (Math.abs(gem.y - y) > 60) keys.push(gem.y > y ? "ArrowDown" : "ArrowUp");
    return keys;
}"""

#: Names and gems, as the list beside the field shows them.
SCORES = """() => Object.fromEntries(
    [...document.querySelectorAll("#scores li")].map((line) => [
        line.querySelector(".who").firstChild.textContent, Number(line.querySelector(".gems").textContent),
    ])
)"""


class GameServer(Program):
    """The game, served by a process of its own, always on the same port and with the same folder."""

    def __init__(self, folder: Path, *, seconds: int, crowd: int) -> None:
        self.file = folder / "matches.json"
        self.port = free_port()
        self.was_stopped = False
        environment = {"PORT": self.port, "GAME_FOLDER": folder, "GAME_SECONDS": seconds, "GAME_CROWD": crowd}
        super().__init__("-m", "examples.game", environment={name: str(value) for name, value in environment.items()})

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it, by SIGTERM as a deploy does unless another signal is given, and wait until it is gone."""
        self.was_stopped = True
        return super().stop(how)

    @property
    def saved(self) -> dict[str, int]:
        """The gems of each player as the file has them."""
        [match] = json.loads(self.file.read_bytes()) or [{"players": {}}]
        return {player["name"]: player["gems"] for player in match["players"].values()}


class Gamer(Person):
    """Somebody with the game open in a tab."""

    def join(self, how: str = "Play") -> None:
        """Say a name and come in."""
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name=how, exact=True).click()
        self.is_connected()

    def is_connected(self) -> None:
        """Wait until the page has the match."""
        expect(self.status).to_have_attribute("data-state", "connected")
        expect(self.page.locator("#scores li").first).to_be_visible()
        self.page.evaluate("import('./static/main.js').then(({ game }) => { window.game = game; })")

    @property
    def over(self) -> Locator:
        """What is shown between two rounds."""
        return self.page.locator("#over")

    @property
    def scores(self) -> dict[str, int]:
        """The gems of each player as the page shows them, at this moment."""
        scores: dict[str, int] = self.page.evaluate(SCORES)
        return scores

    def know(self, expression: str) -> Any:
        """Something about `game` of main.js."""
        return self.page.evaluate(expression)

    def wait_until(self, expression: str) -> None:
        """Wait until something is true of `game`."""
        self.page.wait_for_function(expression)

    def gather(self, gems: int) -> None:
        """Walk from gem to gem until our bird has so many more, then stand still."""
        wanted = self.scores[self.name] + gems
        held: list[str] = []
        while self.scores[self.name] < wanted:
            keys = self.page.evaluate(NEAREST_GEM)
            for key in held:
                if key not in keys:
                    self.page.keyboard.up(key)
            for key in keys:
                self.page.keyboard.down(key)
            held = keys
            self.page.evaluate("new Promise((shown) => requestAnimationFrame(shown))")
        for key in held:
            self.page.keyboard.up(key)
        self.wait_until("game.pilot.body.vx === 0 && game.pilot.body.vy === 0")

    def sees(self, *scores: Any) -> None:
        """Wait until the page shows exactly these scores: a dict of names and gems."""
        [wanted] = scores
        expect(self.page.locator("#scores li")).to_have_count(len(wanted))
        for name, gems in wanted.items():
            line = self.page.locator("#scores li").filter(has_text=name)
            expect(line.locator(".gems")).to_have_text(str(gems))

    def developer_tools(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)
