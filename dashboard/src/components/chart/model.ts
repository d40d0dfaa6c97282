/** Which of the series tokens paints a line. */
export type SeriesColor = 1 | 2 | 3 | 4;

export interface ChartSeries {
  name: string;
  values: readonly (number | null)[];
  color: SeriesColor;
  isDashed?: boolean;
}

export interface ChartModel {
  /** What the horizontal axis counts, such as an epoch or a date. */
  xName: string;
  x: readonly number[];
  series: readonly ChartSeries[];
  unit: string;
}

export interface Span {
  index: number;
  value: number;
}

export function lastOf(values: readonly (number | null)[]): Span | null {
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const value = values[index];
    if (value !== null && value !== undefined) return { index, value };
  }
  return null;
}

export function lowestOf(values: readonly (number | null)[]): Span | null {
  let best: Span | null = null;
  values.forEach((value, index) => {
    if (value !== null && (best === null || value < best.value)) best = { index, value };
  });
  return best;
}
