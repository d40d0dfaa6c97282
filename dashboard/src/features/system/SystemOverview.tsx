import { EmptyState } from "@/components/EmptyState";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { useWords } from "@/lib/useWords";
import { BrokenApps } from "./BrokenApps";
import { HealthStrip } from "./HealthStrip";
import { PipelineCards } from "./PipelineCards";
import { WorkerTable } from "./WorkerTable";
import { useCatalog } from "./queries";

/** What can be run, who would run it, and which apps could not be loaded. */
export function SystemOverview() {
  const { t } = useWords();
  const catalog = useCatalog();
  return (
    <div className="flex flex-col gap-5">
      <HealthStrip />
      {catalog.isPending && <Skeleton label={t("common.loading")} />}
      {catalog.isError && <ProblemNotice error={catalog.error} onRetry={() => void catalog.refetch()} />}
      {catalog.data && (
        <>
          {catalog.data.broken.length > 0 && <BrokenApps apps={catalog.data.broken} />}
          <Panel title={t("system.workers")}>
            {catalog.data.live_workers.length > 0 ? (
              <WorkerTable workers={catalog.data.live_workers} />
            ) : (
              <EmptyState title={t("system.noWorkers")}>{t("system.noWorkersText")}</EmptyState>
            )}
          </Panel>
          <Panel title={t("system.pipelines")}>
            {catalog.data.pipelines.length > 0 ? (
              <PipelineCards pipelines={catalog.data.pipelines} />
            ) : (
              <EmptyState title={t("form.noPipelines")}>{t("form.noPipelinesHint")}</EmptyState>
            )}
          </Panel>
        </>
      )}
    </div>
  );
}
