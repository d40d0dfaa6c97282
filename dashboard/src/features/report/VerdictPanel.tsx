import type { Results } from "@/lib/api/schema.gen";
import { useMetricName } from "@/lib/metricNames";
import { useWords } from "@/lib/useWords";

/** One sentence, and two bars that show what it says: the model's error and the best naive answer's. */
export function VerdictPanel({ results }: { results: Results }) {
  const { t, pick, format } = useWords();
  const metricName = useMetricName();
  const { score, sentence } = results.verdict;
  const rows = [
    { name: t("report.model"), value: score.value, ink: "temper" },
    { name: baselineName(results, pick), value: score.baseline_value, ink: "bg-line-strong" },
  ];
  const longest = Math.max(...rows.map(({ value }) => value ?? 0));
  return (
    <section aria-labelledby="verdict" className="panel relative overflow-hidden p-6 sm:p-8">
      <div className="temper absolute inset-x-0 top-0 h-1" aria-hidden="true" />
      <p className="eyebrow">{t("report.verdict")}</p>
      <h2 id="verdict" className="mt-2 max-w-4xl text-2xl leading-snug text-pretty sm:text-[1.7rem]">
        {pick(sentence)}
      </h2>
      {longest > 0 && (
        <dl className="mt-6 flex max-w-4xl flex-col gap-3">
          {rows.map(({ name, value, ink }) => (
            <div key={name} className="grid items-center gap-x-4 gap-y-1 sm:grid-cols-[11rem_1fr]">
              <dt className="text-sm text-soft">{name}</dt>
              <dd className="numeric grid grid-cols-[1fr_6.5rem] items-center gap-4 text-right font-semibold">
                <span className="h-2.5 rounded-full bg-sunken" aria-hidden="true">
                  <span
                    className={`block h-full rounded-full ${ink}`}
                    style={{ width: `${((value ?? 0) / longest) * 100}%` }}
                  />
                </span>
                <span>
                  <span className="sr-only">{metricName(score.metric)} </span>
                  {format.measure(value)} <span className="font-normal text-faint">{score.unit}</span>
                </span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <p className="mt-3 text-xs text-faint">
        {t("report.lowerIsBetter", { metric: metricName(score.metric) })}
      </p>
    </section>
  );
}

function baselineName({ baselines, verdict }: Results, pick: ReturnType<typeof useWords>["pick"]): string {
  const found = baselines.find(({ name }) => name === verdict.score.baseline);
  return found ? pick(found.title) : verdict.score.baseline;
}
