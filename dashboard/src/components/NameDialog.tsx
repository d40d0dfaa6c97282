import { useState } from "react";
import { errorAt } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { FormDialog } from "./FormDialog";
import { TextInput } from "./TextInput";

interface NameDialogProps {
  title: string;
  label: string;
  confirm: string;
  start?: string;
  isBusy: boolean;
  error: unknown;
  onName: (name: string) => void;
  onClose: () => void;
}

/** Asks for one name. */
export function NameDialog({
  title,
  label,
  confirm,
  start = "",
  isBusy,
  error,
  onName,
  onClose,
}: NameDialogProps) {
  const words = useWords();
  const [name, setName] = useState(start);
  return (
    <FormDialog
      title={title}
      confirm={confirm}
      isReady={name.trim() !== ""}
      isBusy={isBusy}
      error={error}
      onSend={() => onName(name.trim())}
      onClose={onClose}
    >
      <TextInput
        label={label}
        value={name}
        onChange={setName}
        maxLength={64}
        autoComplete="off"
        error={errorAt("/name", error, words)}
      />
    </FormDialog>
  );
}
