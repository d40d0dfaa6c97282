import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { DataTable, type Column } from "@/components/DataTable";
import { Loaded } from "@/components/Loaded";
import { NameDialog } from "@/components/NameDialog";
import { Panel } from "@/components/Panel";
import type { ProjectRead } from "@/lib/api/schema.gen";
import { projectName } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { useCreateProject, useProjects } from "./queries";

/** The projects one can see, and what one may do in each. */
export function Projects() {
  const { t, format } = useWords();
  const navigate = useNavigate();
  const projects = useProjects();
  const create = useCreateProject();
  const [isMaking, setIsMaking] = useState(false);
  const columns: Column<ProjectRead>[] = [
    {
      title: t("projects.name"),
      cell: (project) => (
        <Link to={`/projects/${project.id}`} className="text-ink hover:text-azure">
          {projectName(project, t)}
        </Link>
      ),
    },
    { title: t("projects.role"), cell: ({ role }) => (role === null ? t("common.none") : t(`role.${role}`)) },
    {
      title: t("projects.state"),
      cell: ({ archived_at }) => (archived_at === null ? t("projects.open") : t("projects.archived")),
    },
    {
      title: t("projects.since"),
      cell: ({ created_at }) =>
        Date.parse(created_at) === 0 ? t("common.none") : format.dateTime(created_at),
    },
    {
      title: t("projects.experiments"),
      isRight: true,
      cell: ({ id }) => (
        <Link to={`/?project=${id}`} className="font-semibold text-azure hover:underline">
          {t("projects.show")}
        </Link>
      ),
    },
  ];
  return (
    <Panel
      title={t("projects.list")}
      aside={<Button onClick={() => setIsMaking(true)}>{t("projects.make")}</Button>}
    >
      <Loaded query={projects}>
        {(items) => (
          <DataTable caption={t("projects.title")} columns={columns} rows={items} keyOf={({ id }) => id} />
        )}
      </Loaded>
      {isMaking && (
        <NameDialog
          title={t("projects.make")}
          label={t("projects.name")}
          confirm={t("projects.makeConfirm")}
          isBusy={create.isPending}
          error={create.error}
          onClose={() => setIsMaking(false)}
          onName={(name) => create.mutate(name, { onSuccess: ({ id }) => void navigate(`/projects/${id}`) })}
        />
      )}
    </Panel>
  );
}
