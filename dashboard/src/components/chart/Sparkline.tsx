import type { SeriesColor } from "./model";

const STROKES: Record<SeriesColor, string> = {
  1: "stroke-[var(--series-1)]",
  2: "stroke-[var(--series-2)]",
  3: "stroke-[var(--series-3)]",
  4: "stroke-[var(--series-4)]",
};
const WIDTH = 240;
const HEIGHT = 44;
const EDGE = 2;

interface SparklineProps {
  values: readonly (number | null)[];
  color: SeriesColor;
  /** The picture in words, for those who do not see it. */
  label: string;
  /** The scale reaches at least this far, so that noise at the bottom stays small. */
  atLeast?: number;
}

/** A line without axes from zero up: how much, and whether it grows. Gaps stay gaps. */
export function Sparkline({ values, color, label, atLeast = 0 }: SparklineProps) {
  const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), atLeast) || 1;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-11 w-full"
    >
      <line
        x1={0}
        x2={WIDTH}
        y1={HEIGHT - EDGE}
        y2={HEIGHT - EDGE}
        className="stroke-[var(--grid)]"
        vectorEffect="non-scaling-stroke"
      />
      <path
        d={drawLine(values, highest)}
        fill="none"
        strokeWidth={1.5}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
        className={STROKES[color]}
      />
    </svg>
  );
}

export function drawLine(values: readonly (number | null)[], highest: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  let isDown = false;
  return values
    .flatMap((value, index) => {
      if (value === null) {
        isDown = false;
        return [];
      }
      const x = (index * step).toFixed(1);
      const y = (HEIGHT - EDGE - (value / highest) * (HEIGHT - 2 * EDGE)).toFixed(1);
      const command = isDown ? "L" : "M";
      isDown = true;
      return [`${command}${x} ${y}`];
    })
    .join("");
}
