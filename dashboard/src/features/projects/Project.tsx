import { useState } from "react";
import { Button } from "@/components/Button";
import { NameDialog } from "@/components/NameDialog";
import { ProblemNotice } from "@/components/ProblemNotice";
import type { ProjectRead } from "@/lib/api/schema.gen";
import { projectName } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { MembersPanel } from "./MembersPanel";
import { useChangeProject } from "./queries";

/** One project: who works in it and, for its admins, its name and its end. */
export function Project({ project }: { project: ProjectRead }) {
  const { t } = useWords();
  const change = useChangeProject(project.id);
  const [isRenaming, setIsRenaming] = useState(false);
  const isAdmin = project.role === "admin";
  const isArchived = project.archived_at !== null;
  return (
    <div className="flex flex-col gap-5">
      <MembersPanel project={project} />
      {isAdmin && (
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => setIsRenaming(true)}>{t("projects.rename")}</Button>
          <Button
            isBusy={change.isPending}
            look={isArchived ? "plain" : "danger"}
            onClick={() => change.mutate({ is_archived: !isArchived })}
          >
            {isArchived ? t("projects.restore") : t("projects.archive")}
          </Button>
        </div>
      )}
      {change.isError && !isRenaming && <ProblemNotice error={change.error} />}
      {isRenaming && (
        <NameDialog
          title={t("projects.rename")}
          label={t("projects.name")}
          confirm={t("common.save")}
          start={projectName(project, t)}
          isBusy={change.isPending}
          error={change.error}
          onClose={() => setIsRenaming(false)}
          onName={(name) => change.mutate({ name }, { onSuccess: () => setIsRenaming(false) })}
        />
      )}
    </div>
  );
}
