import { useMemo } from "react";
import { ChartFigure } from "@/components/chart/ChartFigure";
import type { ChartModel } from "@/components/chart/model";
import { Panel } from "@/components/Panel";
import type { LiveState } from "@/lib/live/state";
import { useWords } from "@/lib/useWords";

/** What the model would have said on the validation part after the newest epoch, beside what really happened. */
export function PreviewChart({ live }: { live: LiveState }) {
  const { t, format } = useWords();
  const { preview } = live;
  const model = useMemo<ChartModel | null>(
    () =>
      preview && {
        xName: t("chart.time"),
        x: preview.x.map((_, index) => index),
        unit: preview.unit,
        series: [
          { name: t("chart.actual"), values: preview.actual, color: 4 },
          { name: t("chart.predicted"), values: preview.predicted, color: 2 },
        ],
      },
    [preview, t],
  );
  return (
    <Panel
      title={t("live.preview")}
      aside={
        preview && (
          <span className="numeric text-xs text-faint">
            {t("live.afterEpoch", { epoch: format.integer(preview.epoch) })}
          </span>
        )
      }
    >
      {preview && model ? (
        <ChartFigure
          title={t("live.preview")}
          model={model}
          summary={t("chart.previewSummary", {
            count: preview.x.length,
            error: format.value(meanError(preview.actual, preview.predicted)),
            unit: preview.unit,
          }).trim()}
          showX={(value) => format.day(preview.x[Math.round(value)] ?? "")}
        />
      ) : (
        <p className="flex min-h-64 items-center justify-center text-center text-soft">
          {t("live.noPreview")}
        </p>
      )}
    </Panel>
  );
}

function meanError(actual: readonly (number | null)[], predicted: readonly (number | null)[]): number | null {
  const errors = actual.flatMap((value, index) => {
    const guess = predicted[index];
    return value === null || guess === null || guess === undefined ? [] : [Math.abs(value - guess)];
  });
  return errors.length === 0 ? null : errors.reduce((sum, error) => sum + error, 0) / errors.length;
}
