import type { Score } from "@/lib/api/schema.gen";
import { useMetricName } from "@/lib/metricNames";
import { useWords } from "@/lib/useWords";

/** A score never stands alone: beside it what a naive answer reaches, and whether the model beats it. */
export function ScorePair({ score }: { score: Score }) {
  const { t, format } = useWords();
  const metricName = useMetricName();
  const isBetter = score.beats_baseline;
  return (
    <div className="numeric leading-snug">
      <span className="font-semibold">
        {metricName(score.metric)} {format.measure(score.value)}
        {score.unit !== "" && <span className="font-normal text-faint"> {score.unit}</span>}
      </span>
      <span className="block text-xs text-faint">
        {t("score.baseline", { value: format.measure(score.baseline_value) })}
        {isBetter !== null && (
          <span className={isBetter ? "ml-2 font-semibold text-azure" : "ml-2 font-semibold text-ember"}>
            {isBetter ? t("score.better") : t("score.worse")}
          </span>
        )}
      </span>
    </div>
  );
}
