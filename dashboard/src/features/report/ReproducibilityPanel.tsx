import { Fact } from "@/components/Fact";
import { Panel } from "@/components/Panel";
import type { Results } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** Everything needed to get the same weights again. */
export function ReproducibilityPanel({ results }: { results: Results }) {
  const { t, format } = useWords();
  const { reproducibility: facts } = results;
  const parameters = results.model.parameters;
  return (
    <Panel title={t("report.reproducibility")}>
      <p className="mb-4 max-w-2xl text-sm text-soft">{t("report.reproducibilityText")}</p>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3 lg:grid-cols-6">
        <Fact name={t("report.seed")}>{String(facts.seed)}</Fact>
        <Fact name={t("live.device")}>{facts.device}</Fact>
        <Fact name={t("report.threads")}>{format.integer(facts.threads)}</Fact>
        <Fact name={t("report.seconds")}>{format.duration(results.seconds)}</Fact>
        {typeof parameters === "number" && (
          <Fact name={t("report.parameters")}>{format.integer(parameters)}</Fact>
        )}
        <Fact name={t("form.pipeline")}>{`${results.pipeline} ${results.pipeline_version}`}</Fact>
      </dl>
      <dl className="mt-4 grid gap-4 sm:grid-cols-3">
        <Hash name={t("report.configHash")} value={facts.config_hash} />
        <Hash name={t("report.dataHash")} value={facts.data_hash} />
        <Hash name={t("report.weightsHash")} value={facts.weights_hash} />
      </dl>
      <details className="mt-4 text-sm">
        <summary className="font-semibold text-azure">{t("report.configAndVersions")}</summary>
        <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-3">
          {Object.entries(facts.versions).map(([name, version]) => (
            <Fact key={name} name={name}>
              {version}
            </Fact>
          ))}
        </dl>
        <pre
          tabIndex={0}
          className="numeric mt-4 max-h-96 overflow-auto rounded-md border border-line bg-sunken p-4 text-xs"
        >
          {shortJson(results.config)}
        </pre>
      </details>
    </Panel>
  );
}

function Hash({ name, value }: { name: string; value: string }) {
  return (
    <Fact name={name}>
      <span className="block truncate text-xs select-all" title={value}>
        {value}
      </span>
    </Fact>
  );
}

const LONG = 200;

/** A config with its files cut to what a person wants to see of them. */
function shortJson(config: Results["config"]): string {
  return JSON.stringify(
    config,
    (_key, value: unknown) =>
      typeof value === "string" && value.length > LONG ? `${value.slice(0, LONG)}…` : value,
    2,
  );
}
