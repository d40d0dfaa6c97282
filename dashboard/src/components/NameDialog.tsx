import { useState } from "react";
import { errorAt, hasOwnWords } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./ProblemNotice";
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
  const isReady = name.trim() !== "";
  const send = () => {
    if (isReady && !isBusy) onName(name.trim());
  };
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{words.t("common.back")}</Button>
          <Button look="primary" isBusy={isBusy} disabled={!isReady} onClick={send}>
            {confirm}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4 text-ink"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <TextInput
          label={label}
          value={name}
          onChange={setName}
          maxLength={64}
          autoComplete="off"
          error={errorAt("/name", error, words)}
        />
        {hasOwnWords(error) && <ProblemNotice error={error} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
