"""The small parent of `sevengates up`: starts the child, listens to its canary, restarts it, ends it when it hangs.

All of Sevengates lives in one child process on the embedded log, and that process must die and rise whole. The parent
holds two pipes to it:

- the *canary*: the child writes one byte every second while its event loop turns and all its workers are sound
  (`beat`). Silence for longer than `Limits.silence` means a halted loop: the child is killed and started again;
- the *lifeline*: only the parent holds its writing end. When the parent goes, however it goes, the child reads
  end-of-file and stops (`beat` returns). No orphan keeps the lock on the log.

This module imports nothing of Sevengates, so that the parent stays up whatever is wrong with the rest.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: File descriptors handed to the child, as numbers in its environment.
CANARY_FD = "SEVENGATES_CANARY_FD"
LIFELINE_FD = "SEVENGATES_LIFELINE_FD"

BEAT_SECONDS = 1.0

EXIT_OK = 0
EXIT_BROKEN = 1
EXIT_USAGE_OR_LOCKED = 2  # starting again cannot help: wrong options, or another process holds the log


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the parent is. Seconds, except `hopeless`.

    startup:     until the first beat; folding a long log takes its time
    silence:     between two beats
    grace:       between asking a child to stop and killing it
    first_delay: before the first restart; doubled at each further one up to `last_delay`
    settled:     a child that gave beats and lived this long served somebody: the delays start anew
    hopeless:    so many children in a row that never gave a beat: the parent gives up
    """

    startup: float = 120.0
    silence: float = 30.0
    grace: float = 30.0
    first_delay: float = 0.5
    last_delay: float = 30.0
    settled: float = 5.0
    hopeless: int = 5


@dataclass(slots=True)
class _Life:
    """How one child ended: its exit code (negative: the signal), whether it ever gave a beat, how long it lived (s)."""

    code: int
    beaten: bool
    seconds: float
    asked: bool


def say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def supervise(
    child_argv: Sequence[str], limits: Limits | None = None, say: Callable[[str], None] = say_on_stderr
) -> int:
    """Run `child_argv` until it ends by itself with 0 or 2, or until this process is told to stop; its exit code.

    SIGTERM and SIGINT stop the child in order (a second one kills it at once) and give 0. A child that ends in any
    other way is started again with back-off.
    """
    return _Parent(child_argv, limits or Limits(), say).run()


class _Parent:
    def __init__(self, argv: Sequence[str], limits: Limits, say: Callable[[str], None]) -> None:
        self.argv = list(argv)
        self.limits = limits
        self.say = say
        self.signals = 0  # how often we were told to stop
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_write, False)
        os.set_blocking(self.wake_read, False)

    def run(self) -> int:
        before = {number: signal.signal(number, self._told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            return self._keep_alive()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self.wake_read)
            os.close(self.wake_write)

    def _told(self, number: int, frame: object) -> None:
        self.signals += 1
        os.write(self.wake_write, b"!")

    def _keep_alive(self) -> int:
        delay, hopeless = self.limits.first_delay, 0
        while not self.signals:
            life = self._live_once()
            if life.asked:
                return EXIT_OK
            if life.code in (EXIT_OK, EXIT_USAGE_OR_LOCKED):
                return life.code
            hopeless = 0 if life.beaten else hopeless + 1
            if hopeless >= self.limits.hopeless:
                self.say(f"sevengates: {hopeless} starts in a row failed ({_ending(life.code)}); giving up")
                return EXIT_BROKEN
            if life.seconds >= self.limits.settled:
                delay = self.limits.first_delay
            self.say(f"sevengates: the server {_ending(life.code)}; starting it again in {delay:g} s")
            self._wait_for_signal(delay)
            delay = min(delay * 2, self.limits.last_delay)
        return EXIT_OK

    def _live_once(self) -> _Life:
        canary_read, canary_write = os.pipe()
        lifeline_read, lifeline_write = os.pipe()
        environment = {**os.environ, CANARY_FD: str(canary_write), LIFELINE_FD: str(lifeline_read)}
        started = time.monotonic()
        try:
            # Its own session: Ctrl-C in a terminal reaches only the parent, which passes it on once and in order.
            child = subprocess.Popen(
                self.argv, env=environment, pass_fds=(canary_write, lifeline_read), start_new_session=True
            )
            os.close(canary_write)
            os.close(lifeline_read)
            beaten = self._listen(child, canary_read)
            asked = self.signals > 0
            self._stop(child)
            return _Life(child.returncode, beaten, time.monotonic() - started, asked)
        finally:
            os.close(canary_read)
            os.close(lifeline_write)

    def _listen(self, child: subprocess.Popen[bytes], canary: int) -> bool:
        """Return when the child is gone, silent for too long, or we are told to stop; true if it ever gave a beat."""
        beaten = False
        with selectors.DefaultSelector() as selector:
            selector.register(canary, selectors.EVENT_READ)
            selector.register(self.wake_read, selectors.EVENT_READ)
            while not self.signals:
                patience = self.limits.silence if beaten else self.limits.startup
                ready = {key.fd for key, _ in selector.select(patience)}
                if self.signals:
                    break
                if not ready:
                    self.say(f"sevengates: no sign of life for {patience:g} s; ending the server")
                    _kill(child)
                    break
                if canary in ready:
                    if not os.read(canary, 4096):
                        break
                    beaten = True
        return beaten

    def _stop(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for a child that was asked, killed, or has closed its canary; kill what outstays its grace."""
        if self.signals and child.poll() is None:
            child.terminate()
        deadline = time.monotonic() + self.limits.grace
        while child.poll() is None:
            if self.signals > 1 or time.monotonic() > deadline:
                self.say("sevengates: the server did not stop in its grace time; killing it")
                break
            time.sleep(0.05)
        _kill(child)  # whatever is left of its process group too: the sealer's helper process
        child.wait()

    def _wait_for_signal(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.wake_read, selectors.EVENT_READ)
            selector.select(seconds)


def _kill(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


# ---- in the child --------------------------------------------------------------------------------------------------


def has_parent() -> bool:
    """True when this process was started by `supervise`."""
    return CANARY_FD in os.environ and LIFELINE_FD in os.environ


async def beat(sound: Callable[[], bool], every: float = BEAT_SECONDS) -> None:
    """Give a sign of life every `every` seconds while `sound()` holds; return when the parent is gone.

    Run it as a task of the child's event loop and stop the process when it returns. Without a parent it returns at
    once; ask `has_parent()` first. The descriptors are not passed on to processes the child starts.
    """
    if not has_parent():
        return
    canary, lifeline = int(os.environ[CANARY_FD]), int(os.environ[LIFELINE_FD])
    for descriptor in (canary, lifeline):
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, False)
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(lifeline, gone.set)
    try:
        while not gone.is_set():
            if sound():
                _give_sign(canary, gone)
            try:
                await asyncio.wait_for(gone.wait(), every)
            except TimeoutError:
                continue
    finally:
        loop.remove_reader(lifeline)


def _give_sign(canary: int, gone: asyncio.Event) -> None:
    try:
        os.write(canary, b".")
    except BlockingIOError:
        pass  # the parent is slow to read: the pipe is full of signs already
    except BrokenPipeError:
        gone.set()
