import type { LogLine, LogRecord, Recent, SystemSample } from "@/lib/api/schema.gen";

/** What a trainer says and uses while it runs; droppable, so it is no part of the history. */
export interface Output {
  logs: readonly LogRecord[];
  samples: readonly SystemSample[];
}

export const NO_OUTPUT: Output = { logs: [], samples: [] };
export const MOST_LOGS = 2_000;
export const MOST_SAMPLES = 300;

/** Adds records that may overlap with those here; in the order in which the trainer said them. */
export function addLogs(output: Output, records: readonly LogRecord[]): Output {
  return { ...output, logs: merge(output.logs, records, { compare: compareLogs, most: MOST_LOGS }) };
}

export function addLine(output: Output, { earlier, dropped: _dropped, ...newest }: LogLine): Output {
  return addLogs(output, [...earlier, newest]);
}

export function addSamples(output: Output, samples: readonly SystemSample[]): Output {
  return {
    ...output,
    samples: merge(output.samples, samples, { compare: compareSamples, most: MOST_SAMPLES }),
  };
}

export function addRecent(output: Output, { logs, system }: Recent): Output {
  return addSamples(addLogs(output, logs), system);
}

function compareLogs(a: LogRecord, b: LogRecord): number {
  return a.attempt - b.attempt || a.n - b.n;
}

function compareSamples(a: SystemSample, b: SystemSample): number {
  return Date.parse(a.ts) - Date.parse(b.ts);
}

/** Two sorted rows as one, without what is in both, and only the newest of it. */
function merge<T>(
  old: readonly T[],
  fresh: readonly T[],
  { compare, most }: { compare: (a: T, b: T) => number; most: number },
): readonly T[] {
  const first = fresh[0];
  const last = old.at(-1);
  if (!first) return old;
  if (!last || compare(last, first) < 0) return [...old, ...fresh].slice(-most);
  const sorted = [...old, ...fresh].sort(compare);
  const single = sorted.filter((one, index) => {
    const before = sorted[index - 1];
    return before === undefined || compare(before, one) !== 0;
  });
  return single.length === old.length ? old : single.slice(-most);
}
