import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { ProblemNotice } from "@/components/ProblemNotice";
import { TextInput } from "@/components/TextInput";
import type { UserCreated } from "@/lib/api/schema.gen";
import { errorAt, hasOwnWords } from "@/lib/fieldErrors";
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
    if (name.trim() === "" || create.isPending) return;
    create.mutate({ name: name.trim(), is_admin: isAdmin }, { onSuccess: onMade });
  };
  return (
    <Dialog
      title={t("people.add")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("common.back")}</Button>
          <Button look="primary" isBusy={create.isPending} disabled={name.trim() === ""} onClick={add}>
            {t("people.addConfirm")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4 text-ink"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
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
        {hasOwnWords(create.error) && <ProblemNotice error={create.error} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
