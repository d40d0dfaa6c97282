import { Select } from "@/components/Select";
import { projectName } from "@/lib/projectName";
import { useWords } from "@/lib/useWords";
import { useEditableProjects } from "./queries";

interface ProjectFieldProps {
  value: string;
  onChange: (id: string) => void;
}

/** Where the experiment belongs; not asked where there is only one place for it. */
export function ProjectField({ value, onChange }: ProjectFieldProps) {
  const { t } = useWords();
  const projects = useEditableProjects().data ?? [];
  if (projects.length < 2) return null;
  return (
    <div className="max-w-md">
      <Select
        label={t("form.project")}
        value={value}
        onChange={onChange}
        options={projects.map((project) => ({ value: project.id, label: projectName(project, t) }))}
      />
    </div>
  );
}
