import type { EpochFinished, MetricHistory } from "@/lib/api/schema.gen";

export interface Curves {
  x: number[];
  /** One row of values for each history, over the same `x`. */
  values: (number | null)[][];
}

type Told = Pick<EpochFinished, "epoch" | "metrics">;

/**
 * Curves of long histories: of each bucket the highest and the lowest value at its two ends, so that no spike is lost,
 * and then the epochs that were told since. A bucket without a finite value is a gap.
 */
export function longCurves(histories: readonly MetricHistory[], epochs: readonly Told[]): Curves {
  const until = Math.max(0, ...histories.map(({ last_step }) => last_step));
  const later = epochs.filter(({ epoch }) => epoch > until);
  const points = histories.map(pointsOf);
  const steps = new Set(points.flatMap((row) => [...row.keys()]));
  const x = [...[...steps].sort((a, b) => a - b), ...later.map(({ epoch }) => epoch)];
  const values = histories.map(({ name }, index) =>
    x.map((step) => {
      const kept = points[index]?.get(step);
      if (kept !== undefined || step <= until) return kept ?? null;
      return later.find(({ epoch }) => epoch === step)?.metrics[name] ?? null;
    }),
  );
  return { x, values };
}

function pointsOf({ buckets }: MetricHistory): Map<number, number | null> {
  const points = new Map<number, number | null>();
  for (const { first, last, low, high } of buckets) {
    points.set(first, high);
    if (last !== first) points.set(last, low);
  }
  return points;
}
