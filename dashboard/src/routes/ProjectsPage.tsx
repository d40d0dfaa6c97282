import { Projects } from "@/features/projects/Projects";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function ProjectsPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("projects.title")} lead={t("projects.lead")} />
      <Projects />
    </>
  );
}
