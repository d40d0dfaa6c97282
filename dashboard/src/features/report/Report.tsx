import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/Button";
import type { ExperimentState } from "@/lib/api/schema.gen";
import { problemOf } from "@/lib/api/problem";
import { isTerminal } from "@/lib/states";
import { useWords } from "@/lib/useWords";
import { DataPanel } from "./DataPanel";
import { Downloads } from "./Downloads";
import { HistoryChart } from "./HistoryChart";
import { MetricTable } from "./MetricTable";
import { ReproducibilityPanel } from "./ReproducibilityPanel";
import { TestChart } from "./TestChart";
import { useResults } from "./queries";
import { VerdictPanel } from "./VerdictPanel";

/** What the experiment found: the verdict first, then the evidence, then how to get it again. */
export function Report({ id, state }: { id: string; state: ExperimentState }) {
  const { t } = useWords();
  const results = useResults(id);
  if (results.isPending) return <Skeleton label={t("common.loading")} rows={6} />;
  if (results.isError) {
    if (problemOf(results.error).status !== 404)
      return <ProblemNotice error={results.error} onRetry={() => void results.refetch()} />;
    return (
      <div className="panel">
        <EmptyState
          title={isTerminal(state) ? t("report.none") : t("report.notYet")}
          action={<LinkButton to={`/experiments/${id}`}>{t("report.toLive")}</LinkButton>}
        >
          {isTerminal(state) ? t("report.noneText") : t("report.notYetText")}
        </EmptyState>
      </div>
    );
  }
  const { data } = results;
  return (
    <div className="flex flex-col gap-5">
      <VerdictPanel results={data} />
      <MetricTable results={data} />
      {data.series && <TestChart series={data.series} />}
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <HistoryChart results={data} />
        <DataPanel data={data.data} />
      </div>
      <ReproducibilityPanel results={data} />
      <Downloads id={id} />
    </div>
  );
}
