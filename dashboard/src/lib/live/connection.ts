import type { EventPage, Resume } from "@/lib/api/schema.gen";
import { backoffMs } from "./backoff";
import type { Frame } from "./reducer";
import { isBehind, type LiveState } from "./state";

export type LinkState = "connecting" | "live" | "retrying" | "polling" | "closed" | "refused";

/** What the connection needs of the world; the browser gives the real thing, tests give a scripted one. */
export interface LiveWorld {
  openSocket: (after: number) => LiveSocket;
  readEvents: (after: number) => Promise<EventPage>;
  readLive: () => LiveState;
  deliver: (frames: readonly Frame[]) => void;
  onLink: (link: LinkState) => void;
  setTimer: (run: () => void, ms: number) => () => void;
  random: () => number;
}

export interface LiveSocket {
  onOpen: (() => void) | null;
  onFrame: ((frame: Frame) => void) | null;
  onClose: ((code: number) => void) | null;
  send: (frame: Resume) => void;
  close: () => void;
}

const SESSION_ENDED = 4401;
const NOT_ALLOWED = 4403;
const UNKNOWN = 4404;
const FINAL_CODES = new Set([SESSION_ENDED, NOT_ALLOWED, UNKNOWN]);
const FAILURES_BEFORE_POLLING = 3;
export const POLL_MS = 2_000;
/** Frames are handed over together: a replay of a thousand epochs paints once. */
export const GATHER_MS = 40;
/** A heartbeat comes every 15 s; twice that in silence means that the line is dead although it looks open. */
export const SILENCE_MS = 35_000;
const GAP_WAIT_MS = 400;

/**
 * Keeps one experiment's events flowing until its end: socket first, polling when sockets fail, and every gap filled
 * from the event pages.
 */
export class LiveConnection {
  private socket: LiveSocket | null = null;
  private failures = 0;
  private isStopped = false;
  private isReading = false;
  private gathered: Frame[] = [];
  private cancelGather: (() => void) | null = null;
  private cancelRetry: (() => void) | null = null;
  private cancelSilence: (() => void) | null = null;
  private cancelGap: (() => void) | null = null;
  private cancelPoll: (() => void) | null = null;

  private readonly world: LiveWorld;

  constructor(world: LiveWorld) {
    this.world = world;
  }

  start(): void {
    this.connect();
  }

  /** Tries at once, for instance because the browser came back online or the page became visible. */
  wake(): void {
    if (this.isStopped || this.socket) return;
    this.cancelRetry?.();
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    for (const cancel of [
      this.cancelGather,
      this.cancelRetry,
      this.cancelSilence,
      this.cancelGap,
      this.cancelPoll,
    ]) {
      cancel?.();
    }
    this.dropSocket();
  }

  private connect(): void {
    const socket = this.world.openSocket(this.world.readLive().seq);
    this.socket = socket;
    if (this.failures === 0) this.world.onLink("connecting");
    this.watchSilence();
    socket.onOpen = () => {
      this.failures = 0;
      this.cancelPoll?.();
      this.cancelPoll = null;
      this.world.onLink("live");
    };
    socket.onFrame = (frame) => this.receive(frame);
    socket.onClose = (code) => this.lose(code);
  }

  private receive(frame: Frame): void {
    this.watchSilence();
    this.gathered.push(frame);
    if (frame.type === "reset") {
      this.flush();
      this.socket?.send({ type: "resume", after: this.world.readLive().seq });
      return;
    }
    this.cancelGather ??= this.world.setTimer(() => this.flush(), GATHER_MS);
  }

  private flush(): void {
    this.cancelGather?.();
    this.cancelGather = null;
    const frames = this.gathered;
    this.gathered = [];
    if (frames.length > 0) this.world.deliver(frames);
    this.settle();
  }

  /** After every delivery: finished, complete, or with a gap that must be filled. */
  private settle(): void {
    const live = this.world.readLive();
    if (live.isEnded && !isBehind(live)) {
      this.stop();
      this.world.onLink("closed");
      return;
    }
    if (isBehind(live)) this.cancelGap ??= this.world.setTimer(() => void this.fillGap(), GAP_WAIT_MS);
  }

  private async fillGap(): Promise<void> {
    this.cancelGap = null;
    if (isBehind(this.world.readLive())) await this.catchUp();
  }

  private async catchUp(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      let page: EventPage;
      do {
        page = await this.world.readEvents(this.world.readLive().seq);
        if (this.isStopped) return;
        this.world.deliver(page.items);
      } while (page.has_more && page.items.length > 0);
    } catch {
      // the socket's or the poll's next turn tries again
    } finally {
      this.isReading = false;
    }
    if (!this.isStopped) this.settle();
  }

  private lose(code: number): void {
    this.dropSocket();
    if (this.isStopped) return;
    this.flush();
    // a flush may have found the end and stopped everything
    if (this.isStoppedNow()) return;
    if (FINAL_CODES.has(code)) {
      this.stop();
      this.world.onLink("refused");
      return;
    }
    this.failures += 1;
    const isPolling = this.failures >= FAILURES_BEFORE_POLLING;
    this.world.onLink(isPolling ? "polling" : "retrying");
    if (isPolling) this.poll();
    this.cancelRetry = this.world.setTimer(() => this.connect(), backoffMs(this.failures, this.world.random));
  }

  private isStoppedNow(): boolean {
    return this.isStopped;
  }

  private poll(): void {
    if (this.cancelPoll) return;
    const turn = async () => {
      await this.catchUp();
      if (!this.isStopped && this.cancelPoll)
        this.cancelPoll = this.world.setTimer(() => void turn(), POLL_MS);
    };
    this.cancelPoll = this.world.setTimer(() => void turn(), 0);
  }

  private watchSilence(): void {
    this.cancelSilence?.();
    this.cancelSilence = this.world.setTimer(() => this.lose(0), SILENCE_MS);
  }

  private dropSocket(): void {
    this.cancelSilence?.();
    this.cancelSilence = null;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onOpen = socket.onFrame = socket.onClose = null;
    socket.close();
  }
}
