import { useState } from "react";
import { useNavigate } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/Button";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import type { CheckpointRead, ExperimentRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { CheckpointPicker } from "./CheckpointPicker";
import { ExperimentForm } from "./ExperimentForm";
import { sendFork, useCatalog, useKeptCheckpoints, useParent } from "./queries";

/** Go on from a checkpoint of an experiment with another config. */
export function ForkExperiment({ id }: { id: string }) {
  const { t } = useWords();
  const parent = useParent(id);
  const kept = useKeptCheckpoints(id);
  const failed = [parent, kept].find(({ isError }) => isError);
  if (failed) return <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!parent.data || !kept.data) return <Skeleton label={t("common.loading")} rows={5} />;
  if (kept.data.length === 0) {
    return (
      <div className="panel">
        <EmptyState
          title={t("fork.none")}
          action={<LinkButton to={`/experiments/${id}`}>{t("report.toLive")}</LinkButton>}
        >
          {t("fork.noneText")}
        </EmptyState>
      </div>
    );
  }
  return <ForkForm parent={parent.data} checkpoints={kept.data} />;
}

function ForkForm({ parent, checkpoints }: { parent: ExperimentRead; checkpoints: CheckpointRead[] }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const [choice, setChoice] = useState(checkpoints[0]?.seq ?? 0);
  if (catalog.isError) return <ProblemNotice error={catalog.error} onRetry={() => void catalog.refetch()} />;
  if (!catalog.data) return <Skeleton label={t("common.loading")} rows={5} />;
  const manifest = catalog.data.pipelines.find(({ name }) => name === parent.pipeline);
  if (!manifest) {
    return (
      <div className="panel">
        <EmptyState title={t("fork.noPipeline", { pipeline: parent.pipeline })}>
          {t("form.noPipelinesHint")}
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <CheckpointPicker checkpoints={checkpoints} chosen={choice} onChoose={setChoice} />
      <ExperimentForm
        manifest={manifest}
        draftKey={`fork.${parent.task_id}`}
        start={parent.config}
        send={sendFork(parent, choice)}
        onStarted={(taskId) => void navigate(`/experiments/${taskId}`)}
      />
    </div>
  );
}
