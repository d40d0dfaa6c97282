import { describe, expect, it } from "vitest";
import type { Event, LogRecord, SystemSample } from "@/lib/api/schema.gen";
import { addLogs, addSamples, MOST_LOGS, MOST_SAMPLES, NO_OUTPUT } from "./output";
import { applyFrames } from "./reducer";
import { EMPTY_LIVE } from "./state";

const record = (n: number, attempt = 1): LogRecord => ({
  level: "info",
  message: `line ${n}`,
  logger: "",
  n,
  attempt,
  ts: null,
});

const sample = (second: number): SystemSample => ({
  ts: new Date(second * 1000).toISOString(),
  attempt: 1,
  cpu_percent: second,
  memory_bytes: 1,
  threads: 1,
  processes: 1,
  gpu_percent: null,
  gpu_memory_bytes: null,
  gpu_memory_total_bytes: null,
});

const event = (type: string, data: object): Event =>
  ({ v: 1, experiment: "e", seq: null, after_seq: 0, attempt: 1, ts: sample(9).ts, type, data }) as Event;

describe("what a trainer says and uses", () => {
  it("holds each record once, in order, whatever overlaps", () => {
    const first = addLogs(NO_OUTPUT, [record(3), record(4)]);
    const both = addLogs(first, [record(1), record(2), record(3), record(1, 2)]);
    expect(both.logs.map(({ attempt, n }) => [attempt, n])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 1],
    ]);
    expect(addLogs(both, [record(2)]).logs).toBe(both.logs);
  });

  it("keeps the newest only", () => {
    const many = Array.from({ length: MOST_LOGS + 5 }, (_, index) => record(index + 1));
    expect(addLogs(NO_OUTPUT, many).logs[0]?.n).toBe(6);
    const samples = Array.from({ length: MOST_SAMPLES + 5 }, (_, index) => sample(index));
    expect(addSamples(NO_OUTPUT, samples).samples).toHaveLength(MOST_SAMPLES);
  });

  it("comes as events, and as what was kept for those who join late", () => {
    const live = applyFrames(EMPTY_LIVE, [
      event("log", { ...record(3), earlier: [record(2)], dropped: 0 }),
      { type: "recent", logs: [record(1), record(2)], system: [sample(5)] },
      event("system", { cpu_percent: 50 }),
    ]);
    expect(live.output.logs.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(live.output.samples.map(({ cpu_percent }) => cpu_percent)).toEqual([5, 50]);
    expect(live.seq).toBe(0);
  });
});
