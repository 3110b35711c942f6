"""Threads: the way into the loop, the workers that run handlers, and tasks in the background.

The one place that may start a thread or take a lock:

- `LoopMailbox`, the single way from any thread into the loop: a deque and one wake-up for many entries.
- `Workers`, a bounded pool that runs what may block.
- `spawn`, a thread of its own for a background task; `BackgroundLoop`, one for a loop.

Who wakes whom. Waking a thread that then waits for the interpreter lock is the expensive part of a hand-over, and
waking many at once costs more still: they all queue for the same lock. So there are as few wake-ups as can be:

- The loop first reads all that a turn has for it, and then sends for a worker. One that is awake while the loop reads
  competes with it for the interpreter at each message (uvloop lets go of it between two sockets): five calls of the
  system for every event, where a hand-over of the whole turn takes four.
- At most one worker is on its way at any time. While jobs block, workers are *eager* (`Workers.eager`): whoever takes
  one sends for the next worker if more jobs wait; when it blocks it releases the interpreter, and the next one is
  there already. While jobs only compute, that next worker would find nothing left, so nobody is sent for as long as one
  is *lively*.
- What a lively worker posts does not wake the loop. It does so once, when no job is left.

A worker that begins while nobody is eager is lively until it has run all jobs there are, or until it is found to
block: `server/blocked_workers.py` looks at the workers a moment after they got something to do.
"""

from __future__ import annotations

from .background import BackgroundLoop, BackgroundTask, spawn
from .loop_mailbox import LoopMailbox, PendingAnswer
from .workers import Workers

__all__ = ["PendingAnswer", "BackgroundLoop", "BackgroundTask", "LoopMailbox", "Workers", "spawn"]
