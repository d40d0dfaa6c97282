import type { ReactNode } from "react";
import { hasOwnWords } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./ProblemNotice";

interface FormDialogProps {
  title: string;
  confirm: string;
  /** Whether what was typed can be sent. */
  isReady: boolean;
  isBusy: boolean;
  /** What the last try was refused with; what it says of single fields stands there. */
  error: unknown;
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A few fields in a dialog, sent by its button or by Enter. */
export function FormDialog({
  title,
  confirm,
  isReady,
  isBusy,
  error,
  onSend,
  onClose,
  children,
}: FormDialogProps) {
  const { t } = useWords();
  const send = () => {
    if (isReady && !isBusy) onSend();
  };
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("common.back")}</Button>
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
        {children}
        {hasOwnWords(error) && <ProblemNotice error={error} />}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
