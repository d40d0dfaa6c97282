import { useMemo } from "react";
import { ChartFigure } from "@/components/chart/ChartFigure";
import type { ChartModel } from "@/components/chart/model";
import { Panel } from "@/components/Panel";
import type { Results } from "@/lib/api/schema.gen";
import { pickLosses, seriesOf } from "@/lib/live/curves";
import { useMetricName } from "@/lib/metricNames";
import { useWords } from "@/lib/useWords";

export function HistoryChart({ results }: { results: Results }) {
  const { t, format } = useWords();
  const metricName = useMetricName();
  const { history, best_epoch } = results;
  const model = useMemo<ChartModel>(
    () => ({
      xName: t("chart.epoch"),
      x: history.map(({ epoch }) => epoch),
      unit: "",
      series: pickLosses(history).map((name, index) => ({
        name: metricName(name),
        values: seriesOf(history, name),
        color: index === 0 ? 1 : 2,
      })),
    }),
    [history, metricName, t],
  );
  return (
    <Panel title={t("live.learning")}>
      <ChartFigure
        title={t("live.learning")}
        model={model}
        summary={
          best_epoch === null
            ? t("report.epochsRun", { count: history.length })
            : t("report.bestEpoch", { count: history.length, epoch: best_epoch })
        }
        showX={(value) => format.integer(value)}
      />
    </Panel>
  );
}
