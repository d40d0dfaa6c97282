import { useMemo, useState } from "react";
import { ChartFigure } from "@/components/chart/ChartFigure";
import { lowestOf, type ChartModel } from "@/components/chart/model";
import { Panel } from "@/components/Panel";
import { Segmented } from "@/components/Segmented";
import type { EpochFinished } from "@/lib/api/schema.gen";
import { pickLosses, seriesOf } from "@/lib/live/curves";
import { longCurves } from "@/lib/live/longCurves";
import type { LiveState } from "@/lib/live/state";
import { useMetricName } from "@/lib/metricNames";
import { useWords, type Words } from "@/lib/useWords";
import { useMetricHistory } from "./queries";

/** More epochs than this are drawn from buckets. */
const MOST_EPOCHS = 2_000;

/** Loss on the training and the validation part, epoch by epoch. */
export function LearningCurves({ id, live }: { id: string; live: LiveState }) {
  const { t, language, format } = useWords();
  const metricName = useMetricName();
  const [scale, setScale] = useState<"linear" | "log">("linear");
  const names = useMemo(() => pickLosses(live.epochs), [live.epochs]);
  const isLong = live.isThinned || live.epochs.length > MOST_EPOCHS;
  const first = useMetricHistory(id, names[0], { isLong, isEnded: live.isEnded });
  const second = useMetricHistory(id, names[1], { isLong, isEnded: live.isEnded });
  const model = useMemo<ChartModel>(() => {
    const histories = [first, second].filter((one) => one !== undefined);
    const isWhole = isLong && histories.length === names.length;
    const curves = isWhole ? longCurves(histories, live.epochs) : null;
    return {
      xName: t("chart.epoch"),
      x: curves?.x ?? live.epochs.map(({ epoch }) => epoch),
      unit: "",
      series: names.map((name, index) => ({
        name: metricName(name),
        values: curves?.values[index] ?? seriesOf(live.epochs, name),
        color: index === 0 ? 1 : index === 1 ? 2 : 3,
      })),
    };
  }, [live.epochs, names, first, second, isLong, metricName, t]);

  const last = live.epochs.at(-1);
  return (
    <Panel title={t("live.learning")}>
      {last ? (
        <ChartFigure
          title={t("live.learning")}
          model={model}
          summary={summarise(model, last, { t, language, value: (n) => format.value(n) })}
          showX={(value) => format.integer(value)}
          xMax={live.isEnded ? undefined : last.epochs}
          isLog={scale === "log"}
          controls={
            <Segmented
              label={t("chart.scale")}
              value={scale}
              onChange={setScale}
              options={[
                { value: "linear", label: t("chart.linear") },
                { value: "log", label: t("chart.log") },
              ]}
            />
          }
        />
      ) : (
        <p className="flex min-h-64 items-center justify-center text-center text-soft">
          {t("live.noEpochs")}
        </p>
      )}
    </Panel>
  );
}

function summarise(
  model: ChartModel,
  last: EpochFinished,
  { t, language, value }: Pick<Words, "t" | "language"> & { value: (n: number) => string },
): string {
  const judged = model.series[1] ?? model.series[0];
  const best = judged ? lowestOf(judged.values) : null;
  if (!judged || !best) return t("chart.curveShort", { epoch: last.epoch });
  return t("chart.curve", {
    count: model.x.length,
    name: uncapitalised(judged.name, language),
    best: value(best.value),
    epoch: model.x[best.index] ?? 0,
  });
}

/** A name in the middle of a sentence; Turkish has its own rule for İ and I. */
function uncapitalised(name: string, language: string): string {
  return name.charAt(0).toLocaleLowerCase(language) + name.slice(1);
}
