import { Panel } from "@/components/Panel";
import type { Results } from "@/lib/api/schema.gen";
import { bestRow, isShare } from "@/lib/metricOrder";
import { useMetricName } from "@/lib/metricNames";
import { useWords, type Words } from "@/lib/useWords";

/** The model beside every baseline on the test part; the best value of each column is marked. */
export function MetricTable({ results }: { results: Results }) {
  const { t, pick, format } = useWords();
  const metricName = useMetricName();
  const test = results.metrics.test ?? {};
  const names = Object.keys(test).filter((name) => name !== "loss");
  const rows = [
    { name: "model", title: t("report.model"), metrics: test },
    ...results.baselines.map(({ name, title, metrics }) => ({ name, title: pick(title), metrics })),
  ];
  return (
    <Panel title={t("report.metrics")}>
      <div
        role="region"
        aria-label={t("report.metricsCaption")}
        tabIndex={0}
        className="relative overflow-x-auto"
      >
        <table className="w-full border-collapse text-sm max-sm:text-xs">
          <caption className="sr-only">{t("report.metricsCaption")}</caption>
          <thead>
            <tr className="border-b border-line-strong text-left">
              <th scope="col" className="py-2 pr-2 align-bottom font-semibold sm:pr-4">
                {t("report.answer")}
              </th>
              {names.map((name) => (
                <th
                  key={name}
                  scope="col"
                  className="py-2 pl-3 text-right align-bottom font-semibold sm:pl-4 sm:whitespace-nowrap"
                >
                  {metricName(name)}
                  {results.units[name] && (
                    <span className="font-normal text-faint max-sm:block"> ({results.units[name]})</span>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name} className="border-b border-line last:border-b-0">
                <th
                  scope="row"
                  className={`py-2.5 pr-2 text-left sm:pr-4 ${row.name === "model" ? "font-semibold" : "font-normal text-soft"}`}
                >
                  {row.title}
                </th>
                {names.map((name) => {
                  const isBest = bestRow(name, rows) === row.name;
                  return (
                    <td
                      key={name}
                      className={`numeric py-2.5 pl-3 sm:pl-4 text-right whitespace-nowrap ${isBest ? "font-semibold text-azure" : ""}`}
                    >
                      {isShare(name) ? share(row.metrics[name], format) : format.measure(row.metrics[name])}
                      {isBest && <span className="sr-only"> {t("report.best")}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function share(value: number | null | undefined, format: Words["format"]): string {
  return typeof value === "number" ? format.percent(value, 1) : format.value(null);
}
