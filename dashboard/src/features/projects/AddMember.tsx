import { useState } from "react";
import { Button } from "@/components/Button";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Select } from "@/components/Select";
import { TextInput } from "@/components/TextInput";
import type { Role } from "@/lib/api/schema.gen";
import { errorAt, hasOwnWords } from "@/lib/fieldErrors";
import { ROLES } from "@/lib/roles";
import { useWords } from "@/lib/useWords";
import { usePutMember } from "./queries";

/** A user by name: who is not an admin of the platform cannot list everybody, so the name has to be known. */
export function AddMember({ projectId, onDone }: { projectId: string; onDone: () => void }) {
  const words = useWords();
  const { t } = words;
  const put = usePutMember(projectId);
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("editor");
  return (
    <form
      className="mb-5 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (user.trim() !== "" && !put.isPending)
          put.mutate({ user: user.trim(), role }, { onSuccess: onDone });
      }}
    >
      <div className="flex-1 basis-48">
        <TextInput
          label={t("people.name")}
          value={user}
          onChange={setUser}
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          error={errorAt("/user", put.error, words)}
        />
      </div>
      <div className="basis-40">
        <Select
          label={t("projects.role")}
          value={role}
          onChange={(value) => setRole(ROLES.find((one) => one === value) ?? "viewer")}
          options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
        />
      </div>
      <div className="flex gap-2">
        <Button type="submit" look="primary" isBusy={put.isPending} disabled={user.trim() === ""}>
          {t("projects.addConfirm")}
        </Button>
        <Button onClick={onDone}>{t("common.back")}</Button>
      </div>
      {hasOwnWords(put.error) && (
        <div className="w-full">
          <ProblemNotice error={put.error} />
        </div>
      )}
    </form>
  );
}
