import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from "react";
import type uPlot from "uplot";
import { useTheme } from "@/lib/theme";
import type { ChartModel } from "./model";
import { createPlot, plotData } from "./plot";

interface LineChartProps {
  model: ChartModel;
  label: string;
  /** The point under the cursor in words: what a screen reader says while arrow keys walk along the line. */
  valueText: string;
  cursor: number | null;
  onCursor: (index: number | null) => void;
  showX: (value: number) => string;
  showTicks: (values: readonly number[]) => string[];
  xMax?: number | undefined;
  isLog?: boolean;
  height?: number;
}

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowLeft: (index) => index - 1,
  ArrowRight: (index) => index + 1,
  PageUp: (index, last) => index - Math.ceil(last / 10),
  PageDown: (index, last) => index + Math.ceil(last / 10),
  Home: () => 0,
  End: (_index, last) => last,
};

/** A canvas that thousands of points do not slow down, walked with the mouse, a finger or the arrow keys. */
export function LineChart(props: LineChartProps) {
  const {
    model,
    label,
    valueText,
    cursor,
    onCursor,
    showX,
    showTicks,
    xMax,
    isLog = false,
    height = 260,
  } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  const theme = useTheme();
  const shape = model.series
    .map(({ name, color, isDashed }) => `${name}/${color}/${isDashed ?? false}`)
    .join("|");
  const isSparse = model.x.length <= 40;

  useLayoutEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const target = holder.current;
    if (!target) return;
    const made = createPlot(target, latest.current.model, {
      width: Math.max(160, target.clientWidth),
      height,
      isLog,
      xMax,
      showX: (value) => latest.current.showX(value),
      showTicks: (values) => latest.current.showTicks(values),
      onCursor: (index) => latest.current.onCursor(index),
    });
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: Math.max(160, target.clientWidth), height }),
    );
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme, height, isLog, xMax, isSparse]);

  useEffect(() => {
    plot.current?.setData(plotData(model));
  }, [model, showX, showTicks]);

  const last = model.x.length - 1;
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || last < 0) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, step(cursor ?? last, last)));
    plot.current?.setCursor({ left: plot.current.valToPos(model.x[index] ?? 0, "x"), top: 0 }, false);
    onCursor(index);
  };

  return (
    <div
      ref={holder}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={cursor ?? Math.max(0, last)}
      aria-valuetext={valueText}
      onKeyDown={walk}
      className="w-full overflow-hidden rounded-sm"
    />
  );
}
