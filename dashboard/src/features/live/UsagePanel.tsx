import { useId, useMemo, useState } from "react";
import { ChartTable } from "@/components/chart/ChartTable";
import { lastOf, type ChartModel, type SeriesColor } from "@/components/chart/model";
import { Sparkline } from "@/components/chart/Sparkline";
import { Panel } from "@/components/Panel";
import type { SystemSample } from "@/lib/api/schema.gen";
import { useWords, type Words } from "@/lib/useWords";

const MEGABYTE = 1e6;

interface Gauge {
  name: string;
  values: (number | null)[];
  color: SeriesColor;
  show: (value: number) => string;
  /** Unit and size of the numbers in the table. */
  unit: string;
  scale: number;
  atLeast: number;
}

/** What the training takes of its machine, over the last ten minutes. */
export function UsagePanel({ samples, isEnded }: { samples: readonly SystemSample[]; isEnded: boolean }) {
  const words = useWords();
  const { t, format } = words;
  const [hasTable, setHasTable] = useState(false);
  const tableId = useId();
  const gauges = useMemo(() => gaugesOf(samples, words), [samples, words]);
  const model = useMemo<ChartModel>(
    () => ({
      xName: t("output.time"),
      x: samples.map((_, index) => index),
      unit: "",
      series: gauges.map(({ name, unit, values, color, scale }) => ({
        name: `${name} (${unit})`,
        color,
        values: values.map((value) => (value === null ? null : value / scale)),
      })),
    }),
    [samples, gauges, t],
  );
  const newest = samples.at(-1);
  return (
    <Panel title={t("output.usage")}>
      {newest === undefined ? (
        <p className="flex min-h-32 items-center justify-center text-center text-soft">
          {isEnded ? t("output.usageGone") : t("output.noUsage")}
        </p>
      ) : (
        <>
          <ul className="flex flex-col gap-4">
            {gauges.map((gauge) => (
              <GaugeRow key={gauge.name} gauge={gauge} />
            ))}
          </ul>
          <div className="mt-3 flex flex-wrap items-center justify-between gap-2 text-sm text-soft">
            <span className="numeric">
              {t("output.processes", {
                count: newest.processes ?? 0,
                processes: format.integer(newest.processes ?? 0),
                threads: format.integer(newest.threads ?? 0),
              })}
            </span>
            <button
              type="button"
              aria-expanded={hasTable}
              aria-controls={hasTable ? tableId : undefined}
              onClick={() => setHasTable(!hasTable)}
              className="min-h-8 font-semibold text-azure underline-offset-4 hover:underline"
            >
              {hasTable ? t("chart.hideTable") : t("chart.showTable")}
            </button>
          </div>
          {hasTable && (
            <ChartTable
              id={tableId}
              model={model}
              caption={gauges.map(({ name }) => name).join(", ")}
              showX={(index) => format.clock(samples[index]?.ts ?? newest.ts)}
            />
          )}
        </>
      )}
    </Panel>
  );
}

function GaugeRow({ gauge }: { gauge: Gauge }) {
  const { t } = useWords();
  const now = lastOf(gauge.values)?.value ?? null;
  const most = gauge.values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
  const shown = now === null ? t("common.none") : gauge.show(now);
  return (
    <li className="grid grid-cols-[minmax(6rem,8rem)_1fr] items-center gap-x-4">
      <div>
        <p className="text-xs text-soft">{gauge.name}</p>
        <p className="numeric font-semibold">{shown}</p>
      </div>
      <div className="min-w-0">
        <Sparkline
          values={gauge.values}
          color={gauge.color}
          atLeast={gauge.atLeast}
          label={t("output.gauge", { name: gauge.name, now: shown, most: gauge.show(most) })}
        />
      </div>
    </li>
  );
}

function gaugesOf(samples: readonly SystemSample[], { t, format }: Words): Gauge[] {
  const percent = { show: (value: number) => format.percent(value / 100), unit: "%", scale: 1, atLeast: 100 };
  const memory = { show: format.bytes, unit: "MB", scale: MEGABYTE };
  const total = samples.at(-1)?.gpu_memory_total_bytes ?? 0;
  const every: Gauge[] = [
    { ...percent, name: t("output.cpu"), values: samples.map((one) => one.cpu_percent), color: 1 },
    {
      ...memory,
      name: t("output.memory"),
      values: samples.map((one) => one.memory_bytes),
      color: 2,
      atLeast: 0,
    },
    { ...percent, name: t("output.gpu"), values: samples.map((one) => one.gpu_percent), color: 3 },
    {
      ...memory,
      name: t("output.gpuMemory"),
      values: samples.map((one) => one.gpu_memory_bytes),
      color: 4,
      atLeast: total,
    },
  ];
  return every.filter(({ values }, index) => index < 2 || values.some((value) => value !== null));
}
