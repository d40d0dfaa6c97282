import { useState } from "react";
import { useNavigate } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { DEFAULT_PROJECT } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { ExperimentForm } from "./ExperimentForm";
import { ProjectField } from "./ProjectField";
import { PipelinePicker } from "./PipelinePicker";
import { sendNew, useCatalog, useEditableProjects } from "./queries";

/** Choose a pipeline, then fill in the form that its schema draws. */
export function NewExperiment() {
  const { t } = useWords();
  const navigate = useNavigate();
  const catalog = useCatalog();
  const [choice, setChoice] = useState<string | null>(null);
  const [chosenProject, setProject] = useState<string | null>(null);
  const projects = useEditableProjects().data ?? [];
  const home = projects.find(({ id }) => id === DEFAULT_PROJECT) ?? projects[0];
  const project = chosenProject ?? home?.id ?? null;

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
      <ProjectField value={project ?? ""} onChange={setProject} />
      <ExperimentForm
        key={`${chosen.name}@${chosen.version}`}
        manifest={chosen}
        draftKey={chosen.name}
        send={sendNew(chosen.name, project)}
        onStarted={(taskId) => void navigate(`/experiments/${taskId}`)}
      />
    </div>
  );
}
