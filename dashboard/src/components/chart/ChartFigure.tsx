import { useId, useState, type ReactNode } from "react";
import { useWords } from "@/lib/useWords";
import { ChartTable } from "./ChartTable";
import { LineChart } from "./LineChart";
import { lastOf, type ChartModel, type SeriesColor } from "./model";

const INKS: Record<SeriesColor, string> = {
  1: "bg-[var(--series-1)]",
  2: "bg-[var(--series-2)]",
  3: "bg-[var(--series-3)]",
  4: "bg-[var(--series-4)]",
};

interface ChartFigureProps {
  title: string;
  model: ChartModel;
  /** The chart in one or two sentences: read out instead of the picture, and shown under it. */
  summary: string;
  showX: (value: number) => string;
  xMax?: number | undefined;
  isLog?: boolean;
  height?: number;
  controls?: ReactNode;
}

/** A chart with its legend (values at the cursor), a summary in words and a table twin. */
export function ChartFigure({
  title,
  model,
  summary,
  showX,
  xMax,
  isLog,
  height,
  controls,
}: ChartFigureProps) {
  const { t, format } = useWords();
  const [cursor, setCursor] = useState<number | null>(null);
  const [hasTable, setHasTable] = useState(false);
  const tableId = useId();
  const at = cursor !== null && cursor < model.x.length ? cursor : null;
  const readings = model.series.map((series) => ({
    ...series,
    value: at === null ? (lastOf(series.values)?.value ?? null) : (series.values[at] ?? null),
  }));
  const place = at === null ? t("chart.latest") : `${model.xName} ${showX(model.x[at] ?? 0)}`;
  const valueText = [
    place,
    ...readings.map(({ name, value }) => `${name}: ${format.measure(value)} ${model.unit}`),
  ].join(", ");

  return (
    <figure>
      <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm" aria-hidden="true">
          {readings.map((series) => (
            <li key={series.name} className="flex items-center gap-2">
              <span className={`h-0.5 w-4 rounded-full ${INKS[series.color]}`} />
              <span className="text-soft">{series.name}</span>
              <span className="numeric font-semibold">
                {format.measure(series.value)}
                {model.unit !== "" && <span className="font-normal text-faint"> {model.unit}</span>}
              </span>
            </li>
          ))}
          <li className="numeric text-faint">{at === null ? "" : place}</li>
        </ul>
        {controls}
      </div>
      <LineChart
        model={model}
        label={`${title}. ${summary}`}
        valueText={valueText}
        cursor={at}
        onCursor={setCursor}
        showX={showX}
        showTicks={format.ticks}
        xMax={xMax}
        isLog={isLog ?? false}
        height={height ?? 260}
      />
      <figcaption className="mt-2 flex flex-wrap items-center justify-between gap-2 text-sm text-soft">
        <span className="min-w-0 flex-1 basis-60">{summary}</span>
        <button
          type="button"
          aria-expanded={hasTable}
          aria-controls={hasTable ? tableId : undefined}
          onClick={() => setHasTable(!hasTable)}
          className="min-h-8 font-semibold text-azure underline-offset-4 hover:underline"
        >
          {hasTable ? t("chart.hideTable") : t("chart.showTable")}
        </button>
      </figcaption>
      {hasTable && <ChartTable id={tableId} model={model} caption={title} showX={showX} />}
    </figure>
  );
}
