"""Serve the game: `python -m examples.game`.

PORT (5000) and HOST (127.0.0.1; 0.0.0.0 lets a phone on the same network in) say where, GAME_FOLDER where matches are
kept over a restart, GAME_SECONDS how long a round is, GAME_CROWD how many birds there are at least: bots fill up.
"""

import os

from examples.game.app import app, socketio

if __name__ == "__main__":
    socketio.run(app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")))
