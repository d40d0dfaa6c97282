import { NavLink, Outlet, useParams } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/Button";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { ControlBar } from "@/features/control/ControlBar";
import { useExperiment } from "@/features/live/queries";
import { problemOf } from "@/lib/api/problem";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

const TAB =
  "inline-flex min-h-10 items-center border-b-2 border-transparent text-sm font-semibold text-soft hover:text-ink aria-[current=page]:border-azure aria-[current=page]:text-ink";

/** One experiment: what happens (or happened) and what it found. */
export function ExperimentPage() {
  const { t, format } = useWords();
  const { id = "" } = useParams();
  const experiment = useExperiment(id);
  if (experiment.isPending) return <Skeleton label={t("common.loading")} rows={6} />;
  if (!experiment.data) {
    if (![404, 422].includes(problemOf(experiment.error).status))
      return <ProblemNotice error={experiment.error} onRetry={() => void experiment.refetch()} />;
    return (
      <EmptyState
        isHeading
        title={t("experiment.unknown")}
        action={<LinkButton to="/">{t("notFound.home")}</LinkButton>}
      >
        {t("experiment.unknownText")}
      </EmptyState>
    );
  }
  const { name, pipeline, pipeline_version, created_at } = experiment.data;
  return (
    <>
      <PageHead
        title={name}
        lead={`${pipeline} ${pipeline_version} · ${format.dateTime(created_at)}`}
        action={<ControlBar experiment={experiment.data} />}
      />
      <nav aria-label={t("experiment.parts")} className="-mt-2 mb-5 flex gap-6 border-b border-line">
        <NavLink to={`/experiments/${id}`} end className={TAB}>
          {t("experiment.live")}
        </NavLink>
        <NavLink to={`/experiments/${id}/report`} className={TAB}>
          {t("experiment.report")}
        </NavLink>
      </nav>
      <Outlet context={experiment.data} />
    </>
  );
}
