import { projectName } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { useVisibleProjects } from "./queries";

/** Only for who sees more than one project: for the others there is nothing to choose. */
export function ProjectFilter({
  project,
  onChoose,
}: {
  project: string | null;
  onChoose: (id: string) => void;
}) {
  const { t } = useWords();
  const projects = useVisibleProjects().data ?? [];
  if (projects.length < 2 && project === null) return null;
  return (
    <label className="min-w-36 flex-1 basis-36 sm:max-w-52">
      <span className="sr-only">{t("list.byProject")}</span>
      <select
        value={project ?? ""}
        onChange={(event) => onChoose(event.target.value)}
        className="control picker"
      >
        <option value="">{t("list.anyProject")}</option>
        {projects.map((one) => (
          <option key={one.id} value={one.id}>
            {projectName(one, t)}
          </option>
        ))}
      </select>
    </label>
  );
}
