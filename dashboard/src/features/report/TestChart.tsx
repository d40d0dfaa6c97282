import { useMemo } from "react";
import { ChartFigure } from "@/components/chart/ChartFigure";
import type { ChartModel } from "@/components/chart/model";
import { Panel } from "@/components/Panel";
import type { SeriesResult } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** Every prediction on the test part beside what happened and what the naive answer would have been. */
export function TestChart({ series }: { series: SeriesResult }) {
  const { t, format } = useWords();
  const model = useMemo<ChartModel>(
    () => ({
      xName: t("chart.time"),
      x: series.x.map((_, index) => index),
      unit: series.unit,
      series: [
        { name: t("chart.actual"), values: series.actual, color: 4 },
        ...(series.baseline.length > 0
          ? [{ name: t("chart.baseline"), values: series.baseline, color: 3 as const, isDashed: true }]
          : []),
        { name: t("chart.predicted"), values: series.predicted, color: 2 },
      ],
    }),
    [series, t],
  );
  return (
    <Panel title={t("report.test")}>
      <ChartFigure
        title={t("report.test")}
        model={model}
        summary={t("report.testSummary", {
          count: series.x.length,
          first: format.day(series.x[0] ?? ""),
          last: format.day(series.x.at(-1) ?? ""),
        })}
        showX={(value) => format.day(series.x[Math.round(value)] ?? "")}
        height={320}
      />
    </Panel>
  );
}
