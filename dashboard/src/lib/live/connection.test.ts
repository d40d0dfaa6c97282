import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventPage } from "@/lib/api/schema.gen";
import { history } from "@/testing/history";
import { LONGEST_WAIT_MS } from "./backoff";
import {
  LiveConnection,
  POLL_MS,
  SILENCE_MS,
  type LinkState,
  type LiveSocket,
  type LiveWorld,
} from "./connection";
import { applyFrames, type Frame } from "./reducer";
import { EMPTY_LIVE, type LiveState } from "./state";

const EVENTS = history({ epochs: 6 });

class ScriptedSocket implements LiveSocket {
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Frame) => void) | null = null;
  onClose: ((code: number) => void) | null = null;
  readonly sent: unknown[] = [];
  isClosed = false;
  readonly after: number;
  constructor(after: number) {
    this.after = after;
  }
  send(frame: unknown): void {
    this.sent.push(frame);
  }
  close(): void {
    this.isClosed = true;
  }
}

/** A server that keeps all events and answers pages of them; sockets do what the test says. */
function createWorld() {
  const sockets: ScriptedSocket[] = [];
  const links: LinkState[] = [];
  let live: LiveState = EMPTY_LIVE;
  let isServerUp = true;
  const world: LiveWorld = {
    openSocket: (after) => {
      const socket = new ScriptedSocket(after);
      sockets.push(socket);
      return socket;
    },
    readEvents: (after): Promise<EventPage> => {
      if (!isServerUp) return Promise.reject(new Error("away"));
      const items = EVENTS.slice(after, after + 4);
      return Promise.resolve({ items, last_seq: EVENTS.length, has_more: after + 4 < EVENTS.length });
    },
    readLive: () => live,
    deliver: (frames) => {
      live = applyFrames(live, frames);
    },
    onLink: (link) => links.push(link),
    setTimer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: () => 0.5,
  };
  return {
    world,
    sockets,
    links,
    live: () => live,
    newest: () => sockets.at(-1)!,
    setServer: (isUp: boolean) => {
      isServerUp = isUp;
    },
  };
}

describe("LiveConnection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("delivers what the socket sends and closes at the end", async () => {
    const { world, newest, live, links } = createWorld();
    new LiveConnection(world).start();
    newest().onOpen?.();
    EVENTS.forEach((event) => newest().onFrame?.(event));
    const socket = newest();
    await vi.advanceTimersByTimeAsync(100);
    expect(live().isEnded).toBe(true);
    expect(socket.isClosed).toBe(true);
    expect(links).toEqual(["connecting", "live", "closed"]);
  });

  it("fills a gap in the middle from the event pages", async () => {
    const { world, newest, live } = createWorld();
    new LiveConnection(world).start();
    newest().onOpen?.();
    [...EVENTS.slice(0, 3), ...EVENTS.slice(5)].forEach((event) => newest().onFrame?.(event));
    await vi.advanceTimersByTimeAsync(1000);
    expect(live().epochs).toHaveLength(6);
    expect(live().isEnded).toBe(true);
  });

  it("fills a silent gap that a heartbeat reveals", async () => {
    const { world, newest, live } = createWorld();
    new LiveConnection(world).start();
    EVENTS.slice(0, 3).forEach((event) => newest().onFrame?.(event));
    newest().onFrame?.({ type: "heartbeat", seq: EVENTS.length });
    await vi.advanceTimersByTimeAsync(1000);
    expect(live().isEnded).toBe(true);
  });

  it("comes back after a cut and asks only for what it has not seen", async () => {
    const { world, newest, sockets, links } = createWorld();
    new LiveConnection(world).start();
    newest().onOpen?.();
    EVENTS.slice(0, 5).forEach((event) => newest().onFrame?.(event));
    newest().onClose?.(1012);
    expect(links.at(-1)).toBe("retrying");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    expect(newest().after).toBe(5);
  });

  it("polls when sockets fail again and again, and still reaches the end", async () => {
    const { world, newest, live, links } = createWorld();
    new LiveConnection(world).start();
    for (let failure = 0; failure < 3; failure += 1) {
      newest().onClose?.(1006);
      await vi.advanceTimersByTimeAsync(failure < 2 ? LONGEST_WAIT_MS : POLL_MS * 2);
    }
    expect(links).toContain("polling");
    expect(live().isEnded).toBe(true);
    expect(links.at(-1)).toBe("closed");
  });

  it("keeps asking while the server is away", async () => {
    const { world, newest, live, setServer } = createWorld();
    setServer(false);
    new LiveConnection(world).start();
    for (let failure = 0; failure < 4; failure += 1) {
      newest().onClose?.(1006);
      await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
    }
    expect(live().seq).toBe(0);
    setServer(true);
    await vi.advanceTimersByTimeAsync(POLL_MS * 2);
    expect(live().isEnded).toBe(true);
  });

  it("answers a reset on the same socket with what it has", () => {
    const { world, newest, sockets } = createWorld();
    new LiveConnection(world).start();
    newest().onOpen?.();
    EVENTS.slice(0, 4).forEach((event) => newest().onFrame?.(event));
    newest().onFrame?.({ type: "reset", seq: 9 });
    expect(newest().sent).toEqual([{ type: "resume", after: 4 }]);
    expect(sockets).toHaveLength(1);
  });

  it.each([4401, 4403, 4404])("does not come back after close code %i", async (code) => {
    const { world, newest, sockets, links } = createWorld();
    new LiveConnection(world).start();
    newest().onClose?.(code);
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS * 4);
    expect(sockets).toHaveLength(1);
    expect(links.at(-1)).toBe("refused");
  });

  it("takes a line that has gone silent for dead", async () => {
    const { world, newest, sockets } = createWorld();
    new LiveConnection(world).start();
    newest().onOpen?.();
    newest().onFrame?.(EVENTS[0]!);
    await vi.advanceTimersByTimeAsync(SILENCE_MS + LONGEST_WAIT_MS);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it("does nothing more once stopped", async () => {
    const { world, newest, sockets } = createWorld();
    const connection = new LiveConnection(world);
    connection.start();
    const socket = newest();
    connection.stop();
    expect(socket.isClosed).toBe(true);
    connection.wake();
    await vi.advanceTimersByTimeAsync(SILENCE_MS * 2);
    expect(sockets).toHaveLength(1);
  });
});
