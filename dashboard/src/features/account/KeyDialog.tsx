import { useState } from "react";
import { Select } from "@/components/Select";
import { FormDialog } from "@/components/FormDialog";
import { TextInput } from "@/components/TextInput";
import type { ProjectRead, Scope } from "@/lib/api/schema.gen";
import { errorAt } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { useCreateKey } from "./queries";

const SCOPES: Scope[] = ["read", "write", "admin"];
const LIFETIMES = ["30", "90", "365", ""] as const;

interface KeyDialogProps {
  projects: ProjectRead[];
  onClose: () => void;
  onMade: (key: string) => void;
}

/** A key gets as little as it needs: a scope, a project, an end. */
export function KeyDialog({ projects, onClose, onMade }: KeyDialogProps) {
  const words = useWords();
  const { t } = words;
  const create = useCreateKey();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("write");
  const [project, setProject] = useState("");
  const [days, setDays] = useState<string>("90");
  const make = () => {
    create.mutate(
      {
        name: name.trim(),
        scopes: [scope],
        project: project === "" ? null : project,
        expires_in_days: days === "" ? null : Number(days),
      },
      { onSuccess: ({ key }) => onMade(key) },
    );
  };
  return (
    <FormDialog
      title={t("keys.make")}
      confirm={t("keys.makeConfirm")}
      isReady={name.trim() !== ""}
      isBusy={create.isPending}
      error={create.error}
      onSend={make}
      onClose={onClose}
    >
      <TextInput
        label={t("keys.name")}
        value={name}
        onChange={setName}
        maxLength={64}
        autoComplete="off"
        placeholder={t("keys.namePlaceholder")}
        error={errorAt("/name", create.error, words)}
      />
      <Select
        label={t("keys.may")}
        value={scope}
        onChange={(value) => setScope(SCOPES.find((one) => one === value) ?? "read")}
        options={SCOPES.map((value) => ({ value, label: t(`scope.${value}`) }))}
        help={t(`scopeText.${scope}`)}
      />
      <Select
        label={t("keys.project")}
        value={project}
        onChange={setProject}
        options={[
          { value: "", label: t("keys.allProjects") },
          ...projects.map(({ id, name: label }) => ({ value: id, label })),
        ]}
      />
      <Select
        label={t("keys.expires")}
        value={days}
        onChange={setDays}
        options={LIFETIMES.map((value) => ({
          value,
          label: value === "" ? t("keys.never") : t("keys.days", { count: Number(value) }),
        }))}
      />
    </FormDialog>
  );
}
