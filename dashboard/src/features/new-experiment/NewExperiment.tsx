import { useState } from "react";
import { useNavigate } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { useWords } from "@/lib/useWords";
import { ExperimentForm } from "./ExperimentForm";
import { PipelinePicker } from "./PipelinePicker";
import { sendNew, useCatalog } from "./queries";

/** Choose a pipeline, then fill in the form that its schema draws. */
export function NewExperiment() {
  const { t } = useWords();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const [choice, setChoice] = useState<string | null>(null);

  if (catalog.isPending) return <Skeleton label={t("common.loading")} rows={5} />;
  if (!catalog.data) return <ProblemNotice error={catalog.error} onRetry={() => void catalog.refetch()} />;
  const { pipelines } = catalog.data;
  const chosen = pipelines.find(({ name }) => name === choice) ?? pipelines[0];
  if (!chosen) {
    return (
      <div className="panel">
        <EmptyState title={t("form.noPipelines")}>{t("form.noPipelinesHint")}</EmptyState>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <PipelinePicker pipelines={pipelines} chosen={chosen.name} onChoose={setChoice} />
      <ExperimentForm
        key={`${chosen.name}@${chosen.version}`}
        manifest={chosen}
        draftKey={chosen.name}
        send={sendNew(chosen.name)}
        onStarted={(taskId) => void navigate(`/experiments/${taskId}`)}
      />
    </div>
  );
}
