import { useParams } from "react-router";
import { LinkButton } from "@/components/Button";
import { Loaded } from "@/components/Loaded";
import { Project } from "@/features/projects/Project";
import { useProject } from "@/features/projects/queries";
import { projectName } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function ProjectPage() {
  const { t } = useWords();
  const { id = "" } = useParams();
  const project = useProject(id);
  return (
    <Loaded query={project}>
      {(data) => (
        <>
          <PageHead
            title={projectName(data, t)}
            lead={data.archived_at === null ? t("projects.oneLead") : t("projects.archivedLead")}
            action={<LinkButton to={`/?project=${id}`}>{t("projects.show")}</LinkButton>}
          />
          <Project key={id} project={data} />
        </>
      )}
    </Loaded>
  );
}
