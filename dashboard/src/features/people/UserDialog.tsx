import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { TextInput } from "@/components/TextInput";
import type { UserCreated } from "@/lib/api/schema.gen";
import { errorAt } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { useCreateUser } from "./queries";

interface UserDialogProps {
  onClose: () => void;
  onMade: (created: UserCreated) => void;
}

/** A new user gets a link and chooses the password alone; nobody has to know it. */
export function UserDialog({ onClose, onMade }: UserDialogProps) {
  const words = useWords();
  const { t } = words;
  const create = useCreateUser();
  const [name, setName] = useState("");
  const [isAdmin, setIsAdmin] = useState(false);
  const add = () => {
    create.mutate({ name: name.trim(), is_admin: isAdmin }, { onSuccess: onMade });
  };
  return (
    <FormDialog
      title={t("people.add")}
      confirm={t("people.addConfirm")}
      isReady={name.trim() !== ""}
      isBusy={create.isPending}
      error={create.error}
      onSend={add}
      onClose={onClose}
    >
      <TextInput
        label={t("people.name")}
        value={name}
        onChange={setName}
        maxLength={64}
        autoComplete="off"
        error={errorAt("/name", create.error, words)}
      />
      <label className="flex items-start gap-3 text-sm">
        <input
          type="checkbox"
          checked={isAdmin}
          onChange={(event) => setIsAdmin(event.target.checked)}
          className="mt-1 size-4 accent-azure"
        />
        <span>
          <span className="font-semibold">{t("people.admin")}</span>
          <span className="block text-faint">{t("people.adminText")}</span>
        </span>
      </label>
    </FormDialog>
  );
}
