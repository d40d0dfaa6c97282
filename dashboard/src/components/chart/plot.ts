import uPlot from "uplot";
import type { ChartModel } from "./model";

export interface PlotLook {
  width: number;
  height: number;
  isLog: boolean;
  /** Right end of the axis when more is expected than has come. */
  xMax: number | undefined;
  showX: (value: number) => string;
  showTicks: (values: readonly number[]) => string[];
  onCursor: (index: number | null) => void;
}

// the enum exists in uPlot's type declarations only, so its number is spelt out
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC = 3 as uPlot.Scale.Distr;
const FONT = '12px "JetBrains Mono Variable", ui-monospace, monospace';
const CHARACTER_PX = 7.4;

export function readToken(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function plotData(model: ChartModel): uPlot.AlignedData {
  return [[...model.x], ...model.series.map((series) => [...series.values])];
}

export function createPlot(target: HTMLElement, model: ChartModel, look: PlotLook): uPlot {
  const ink = readToken("--ink-faint");
  const grid = { stroke: readToken("--grid"), width: 1 };
  const axis: uPlot.Axis = { stroke: ink, font: FONT, grid, ticks: { show: false } };
  const options: uPlot.Options = {
    width: look.width,
    height: look.height,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 8 } },
    scales: {
      x: {
        time: false,
        range: (_plot, low, high) => widen(low, look.xMax === undefined ? high : Math.max(high, look.xMax)),
      },
      y: look.isLog ? { distr: LOGARITHMIC } : { range: (_plot, low, high) => breathe(low, high) },
    },
    axes: [
      {
        ...axis,
        space: 96,
        size: 30,
        incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000],
        values: (_plot, splits) => splits.map((value) => look.showX(value)),
      },
      {
        ...axis,
        space: 40,
        // on a logarithmic axis uPlot leaves out lines that would crowd and passes null for them
        values: (_plot, splits: (number | null)[]) =>
          isComplete(splits) && !look.isLog
            ? look.showTicks(splits)
            : splits.map((value) => (value === null ? "" : (look.showTicks([value])[0] ?? ""))),
        size: (_plot, values: string[] | null) =>
          16 + CHARACTER_PX * Math.max(4, ...(values ?? []).map((text) => text.length)),
      },
    ],
    series: [{}, ...model.series.map((series) => line(series, model.x.length))],
    hooks: { setCursor: [(plot) => look.onCursor(plot.cursor.idx ?? null)] },
  };
  return new uPlot(options, plotData(model), target);
}

function isComplete(splits: (number | null)[]): splits is number[] {
  return splits.every((value) => value !== null);
}

function line(series: ChartModel["series"][number], points: number): uPlot.Series {
  const stroke = readToken(`--series-${series.color}`);
  return {
    label: series.name,
    stroke,
    width: series.isDashed ? 1.5 : 2,
    ...(series.isDashed && { dash: [5, 4] }),
    points: { show: points <= 40, size: 5, fill: stroke },
    spanGaps: false,
  };
}

/** One point alone still needs a width to stand in. */
function widen(low: number, high: number): [number, number] {
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function breathe(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}
