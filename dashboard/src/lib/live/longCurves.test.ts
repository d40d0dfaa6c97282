import { describe, expect, it } from "vitest";
import type { MetricBucket, MetricHistory } from "@/lib/api/schema.gen";
import { longCurves } from "./longCurves";

const bucket = (first: number, last: number, low: number | null, high: number | null): MetricBucket => ({
  first,
  last,
  low,
  high,
  mean: low,
  count: last - first + 1,
  nonfinite: 0,
});

const history = (name: string, buckets: MetricBucket[]): MetricHistory => ({
  name,
  count: 4,
  last_step: buckets.at(-1)?.last ?? 0,
  buckets,
});

describe("longCurves", () => {
  it("keeps the extremes of every bucket, gaps, and what was told since", () => {
    const loss = history("loss", [bucket(1, 2, 0.5, 9), bucket(3, 4, null, null), bucket(5, 5, 0.3, 0.3)]);
    const other = history("val_loss", [bucket(1, 2, 1, 2)]);
    const epochs: Parameters<typeof longCurves>[1] = [
      { epoch: 5, metrics: { loss: 0.3 } },
      { epoch: 6, metrics: { loss: 0.2, val_loss: 0.4 } },
    ];
    expect(longCurves([loss, other], epochs)).toEqual({
      x: [1, 2, 3, 4, 5, 6],
      values: [
        [9, 0.5, null, null, 0.3, 0.2],
        [2, 1, null, null, null, 0.4],
      ],
    });
  });

  it("is empty without a history", () => {
    expect(longCurves([], [])).toEqual({ x: [], values: [] });
  });
});
