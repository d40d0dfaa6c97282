import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "@/lib/api/schema.gen";
import { history } from "@/testing/history";
import { applyFrame, applyFrames, type Frame } from "./reducer";
import { EMPTY_LIVE, isBehind, type LiveState } from "./state";

const EVENTS = history({ epochs: 12, crashAfter: 5 });
const LAST = EVENTS.length;

function stored(live: LiveState): Omit<LiveState, "batch"> {
  const { batch: _batch, ...rest } = live;
  return rest;
}

/** Every event at least once, some several times, heartbeats in between, in any order. */
const schedules = fc
  .record({
    extra: fc.array(fc.nat(LAST - 1), { maxLength: 30 }),
    beats: fc.array(fc.integer({ min: 1, max: LAST }), { maxLength: 5 }),
    keys: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: LAST + 35,
      maxLength: LAST + 35,
    }),
  })
  .map(({ extra, beats, keys }) => {
    const frames: Frame[] = [
      ...EVENTS,
      ...extra.map((index) => EVENTS[index]!),
      ...beats.map((seq): Frame => ({ type: "heartbeat", seq })),
    ];
    return frames
      .map((frame, index) => ({ frame, key: keys[index] ?? 0 }))
      .sort((a, b) => a.key - b.key)
      .map(({ frame }) => frame);
  });

describe("applyFrame", () => {
  const whole = applyFrames(EMPTY_LIVE, EVENTS);

  it("folds a history into its curve, states and end", () => {
    expect(whole.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(whole).toMatchObject({ state: "succeeded", isEnded: true, seq: LAST, known: LAST, attempt: 2 });
    expect(whole.score?.beats_baseline).toBe(true);
    expect(whole.resumes).toHaveLength(1);
    expect(whole.preview?.epoch).toBe(12);
  });

  it("ends in the same state whatever the order and however often events come", () => {
    fc.assert(
      fc.property(schedules, (frames) => {
        expect(stored(applyFrames(EMPTY_LIVE, frames))).toEqual(stored(whole));
      }),
      { numRuns: 400 },
    );
  });

  it("never folds past a gap, and says that it is behind", () => {
    fc.assert(
      fc.property(schedules, fc.nat(LAST - 1), (frames, hole) => {
        const missing = EVENTS[hole]!;
        const live = applyFrames(
          EMPTY_LIVE,
          frames.filter((frame) => frame !== missing),
        );
        expect(live.seq).toBe(hole);
        expect(isBehind(live)).toBe(hole < LAST - 1 || live.known === LAST);
        expect(stored(applyFrame(live, missing))).toEqual(stored(whole));
      }),
    );
  });

  it("learns from a heartbeat that something is missing", () => {
    const live = applyFrames(EMPTY_LIVE, [...EVENTS.slice(0, 4), { type: "heartbeat", seq: 6 }]);
    expect(isBehind(live)).toBe(true);
    expect(isBehind(applyFrames(live, EVENTS.slice(4, 6)))).toBe(false);
  });

  it("takes a snapshot for everything up to its seq, and then the events after it", () => {
    const thinned = EVENTS.slice(0, 14).filter(
      (event) => event.type !== "epoch" || Number(event.data.epoch) % 2 === 1,
    );
    const live = applyFrames(EMPTY_LIVE, [
      { type: "snapshot", seq: 14, events: thinned },
      ...EVENTS.slice(14),
    ]);
    expect(live.seq).toBe(LAST);
    expect(live.isEnded).toBe(true);
    expect(live.epochs.at(-1)?.epoch).toBe(12);
  });

  it("ignores a snapshot that is older than what is here", () => {
    const live = applyFrames(EMPTY_LIVE, EVENTS.slice(0, 8));
    expect(applyFrame(live, { type: "snapshot", seq: 5, events: EVENTS.slice(0, 1) })).toBe(live);
  });

  it("shows batches only of the epoch that is running", () => {
    const batch = (epoch: number): Event => ({
      ...EVENTS[0]!,
      seq: null,
      after_seq: 3,
      attempt: 2,
      type: "batch",
      data: { epoch, epochs: 12, batch: 3, batches: 9 },
    });
    const firstEpoch = EVENTS.findIndex(({ type }) => type === "epoch") + 1;
    const live = applyFrames(EMPTY_LIVE, EVENTS.slice(0, firstEpoch));
    expect(applyFrame(live, batch(1)).batch).toBeNull();
    expect(applyFrame(live, batch(2)).batch).toMatchObject({ epoch: 2, batch: 3 });
    expect(applyFrame(whole, batch(13)).batch).toBeNull();
  });

  it("passes over events of a type that it does not know", () => {
    const live = applyFrame(EMPTY_LIVE, { ...EVENTS[0]!, type: "comet" });
    expect(live.seq).toBe(1);
  });
});
