"""The threads of the kernels: one caller, some workers, and a ticket from which each draws the next part of the work.

    ticket   generation (32 bits) | parts (16) | next part (16)       drawn from by compare-and-swap

The caller writes kernel and arguments, publishes a new ticket, and draws parts like everyone else. A worker that is
slow to wake (two trainings on two cores) costs nothing but its help: the caller goes on drawing. Which thread does
a part changes no result, because a part is always the same piece of the work.

A worker that looks at an old ticket cannot draw from it: the swap fails as soon as anything has changed. One that
drew a part keeps its generation alive, since the caller waits until `done` has counted all parts. Whoever waits spins
for a moment, then sleeps on a futex; who would wake him first publishes the change, then looks for sleepers, and the
sleeper first announces himself, then looks at the change: one of the two sees the other.
"""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.atomics import (
    add_to_word,
    call_kernel,
    flush_subnormals,
    futex,
    load_word,
    pause,
    restore_subnormals,
    store_word,
    swap_word,
)
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel

# Offsets in the pool's memory, each on a cache line of its own.
TICKET, JOB, DONE, BELL, SLEEPERS, OWNER, SETTINGS = 0, 64, 128, 192, 256, 320, 384

_SLEEP, _WAKE = 128, 129  # FUTEX_WAIT and FUTEX_WAKE, private to this process
_CALLER_WAITS = 192 + 8


@kernel
def run(head: int, arguments: int, parts: int) -> None:
    """Do all parts of a kernel, with the pool's help if it is free; `head` points to the addresses of both."""
    mode = flush_subnormals()
    execute(word(head, 0), word(head, 1), arguments, parts)
    restore_subnormals(mode)


@kernel
def replay(program: int, count: int, pool: int) -> None:
    """Run one kernel after the other: `program` holds function, arguments and parts of each."""
    mode = flush_subnormals()
    for step in range(count):
        execute(word(program, 3 * step), pool, word(program, 3 * step + 1), word(program, 3 * step + 2))
    restore_subnormals(mode)


@inline
def execute(function: int, pool: int, arguments: int, parts: int) -> None:
    """Do all parts, alone if there is one or if the pool works for somebody else."""
    if parts == 1 or pool == 0 or swap_word(pool + OWNER, 0, 1) == 0:
        for part in range(parts):
            call_kernel(function, arguments, part, parts)
    else:
        publish(pool, function, arguments, parts)
        draw(pool)
        wait_until_done(pool, parts)
        store_word(pool + OWNER, 0)


@inline
def publish(pool: int, function: int, arguments: int, parts: int) -> None:
    """Offer a job and wake who sleeps."""
    generation = (load_word(pool + TICKET) >> 32) + 1 & 0x7FFFFFFF
    store_word(pool + JOB, function)
    store_word(pool + JOB + 8, arguments)
    store_word(pool + DONE, 0)
    store_word(pool + TICKET, generation << 32 | parts << 16)
    store_word(pool + BELL, generation)
    if load_word(pool + SLEEPERS) > 0:
        wake(pool, pool + BELL, parts - 1)


@inline
def draw(pool: int) -> None:
    """Do parts until none is left to draw."""
    while True:
        ticket = load_word(pool + TICKET)
        part, parts = ticket & 0xFFFF, ticket >> 16 & 0xFFFF
        if part >= parts:
            return
        if swap_word(pool + TICKET, ticket, ticket + 1):
            call_kernel(load_word(pool + JOB), load_word(pool + JOB + 8), part, parts)
            if add_to_word(pool + DONE, 1) + 1 == parts and load_word(pool + _CALLER_WAITS):
                wake(pool, pool + DONE, 1)


@inline
def wait_until_done(pool: int, parts: int) -> None:
    """Wait for the parts that others have drawn."""
    for _ in range(word(pool + SETTINGS, 1)):
        if load_word(pool + DONE) == parts:
            return
        pause()
    store_word(pool + _CALLER_WAITS, 1)
    done = load_word(pool + DONE)
    while done != parts:
        sleep_on(pool, pool + DONE, done)
        done = load_word(pool + DONE)
    store_word(pool + _CALLER_WAITS, 0)


@kernel
def work(pool: int, _first: int, _second: int) -> None:
    """The life of a worker thread: draw, spin, sleep; for ever."""
    flush_subnormals()
    while True:
        bell = load_word(pool + BELL)
        draw(pool)
        left = word(pool + SETTINGS, 1)
        while left > 0 and load_word(pool + BELL) == bell:
            pause()
            left -= 1
        if left == 0:
            add_to_word(pool + SLEEPERS, 1)
            if load_word(pool + BELL) == bell:
                sleep_on(pool, pool + BELL, bell)
            add_to_word(pool + SLEEPERS, -1)


@kernel
def spin(pool: int, pauses: int, _unused: int) -> None:
    """So many looks at the bell: to find out how long one takes."""
    bell = load_word(pool + BELL)
    while pauses > 0 and load_word(pool + BELL) == bell:
        pause()
        pauses -= 1


@inline
def sleep_on(pool: int, address: int, seen: int) -> None:
    """Sleep until somebody rings, unless the word is no longer what was seen."""
    futex(word(pool + SETTINGS, 0), address, _SLEEP, seen)


@inline
def wake(pool: int, address: int, count: int) -> None:
    """Wake up to so many who sleep on a word."""
    futex(word(pool + SETTINGS, 0), address, _WAKE, count)
