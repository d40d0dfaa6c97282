/** Metrics where more is better; of all others less is. */
const HIGHER_IS_BETTER = new Set(["r2", "direction_accuracy", "accuracy", "skill", "f1", "auc"]);

/** Metrics that are shares of a whole and read best as percent. */
const SHARES = new Set(["direction_accuracy", "accuracy"]);

export function isShare(metric: string): boolean {
  return SHARES.has(metric);
}

export interface MetricRow {
  name: string;
  metrics: Record<string, number | null>;
}

/** Name of the row with the best value of a metric; null when fewer than two rows have one. */
export function bestRow(metric: string, rows: readonly MetricRow[]): string | null {
  const sign = HIGHER_IS_BETTER.has(metric) ? -1 : 1;
  const measured = rows.flatMap(({ name, metrics }) => {
    const value = metrics[metric];
    return typeof value === "number" ? [{ name, value: value * sign }] : [];
  });
  if (measured.length < 2) return null;
  return measured.reduce((best, next) => (next.value < best.value ? next : best)).name;
}
