"""What the tests of the game drive it with: its server as a process, and people who play in their browsers."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Locator, expect

from tests.e2e.clients import PATIENCE
from tests.e2e.programs import Program, free_port
from tests.examples.chat_driver import Person

#: Which way to the gem that is nearest to our bird, and around a tree that stands before it: the names of keys.
WAY = """() => {
    const { x, y } = game.pilot.body;
    const away = (gem) => Math.hypot(gem.x - x, gem.y - y);
    const [gem] = [...game.states.newest.gems.values()].sort((one, other) => away(one) - away(other));
    let [right, down] = gem ? [gem.x - x, gem.y - y] : [0, 0];
    for (const [treeX, treeY, radius] of game.rules.TREES) {
        const [fromX, fromY] = [x - treeX, y - treeY];
        const isNear = Math.hypot(fromX, fromY) < radius + game.rules.RADIUS + 80;
        if (!isNear || fromX * right + fromY * down >= 0) continue;
        const side = Math.sign(fromX * down - fromY * right) || 1;
        [right, down] = [-fromY * side, fromX * side];
    }
    const much = 0.4 * Math.hypot(right, down);
    const keys = [];
    if (Math.abs(right) > much) keys.push(right > 0 ? "ArrowRight" : "ArrowLeft");
    if (Math.abs(down) > much) keys.push(down > 0 ? "ArrowDown" : "ArrowUp");
    return keys;
}"""

#: Whether our bird rests, and the server knows of no other place for it.
AT_REST = """(({ x, y, vx, vy }, theirs) => !vx && !vy && x === theirs.x && y === theirs.y && !theirs.vx && !theirs.vy)(
    game.pilot.body, game.states.newest.birds.get(game.seat)
)"""

#: Names and gems, as the page knows them.
SCORES = """() => Object.fromEntries(
    game.card.players.map(({ seat, name }) => [name, game.states.newest.birds.get(seat)?.gems ?? 0])
)"""

#: The browser says that it is back on the network, until the page is connected.
ONLINE = """() => {
    dispatchEvent(new Event("online"));
    return document.querySelector("#status").dataset.state === "connected";
}"""


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
        self.wait_until("game.isWelcome && game.states.newest && (!game.pilot || game.pilot.body)")

    def comes_back(self) -> None:
        """Connect again, now, and not when the page would try."""
        self.wait_until(ONLINE)
        self.is_connected()

    @property
    def over(self) -> Locator:
        """What is shown between two rounds."""
        return self.page.locator("#over")

    @property
    def scores(self) -> dict[str, int]:
        """The gems of each player as the page knows them, at this moment."""
        scores: dict[str, int] = self.page.evaluate(SCORES)
        return scores

    def know(self, expression: str) -> Any:
        """Something about `game` of main.js."""
        return self.page.evaluate(expression)

    def wait_until(self, expression: str) -> None:
        """Wait until something is true of `game`."""
        self.page.wait_for_function(expression, timeout=PATIENCE * 1000)

    def gather(self, gems: int) -> None:
        """Walk from gem to gem until our bird has so many more, then stand still."""
        wanted = self.scores[self.name] + gems
        held: set[str] = set()
        while self.scores[self.name] < wanted:
            held = self._hold(held, set(self.page.evaluate(WAY)))
            self.page.evaluate("new Promise((shown) => requestAnimationFrame(shown))")
        self._hold(held, set())
        self.wait_until(AT_REST)

    def _hold(self, held: set[str], keys: set[str]) -> set[str]:
        for key in held - keys:
            self.page.keyboard.up(key)
        for key in keys - held:
            self.page.keyboard.down(key)
        return keys

    def sees(self, *scores: Any) -> None:
        """Wait until the page shows exactly these scores: a dict of names and gems."""
        [wanted] = scores
        expect(self.page.locator("#scores li")).to_have_count(len(wanted))
        for name, gems in wanted.items():
            line = self.page.locator("#scores li").filter(has_text=name)
            expect(line.locator(".gems")).to_have_text(str(gems))

    def developer_tools(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)
