import type { ReactNode } from "react";
import { useWords } from "@/lib/useWords";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./ProblemNotice";

interface ConfirmDialogProps {
  title: string;
  confirm: string;
  keep?: string;
  isOpen: boolean;
  isBusy: boolean;
  error: unknown;
  isDanger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks once before something that cannot be taken back; a refusal is said where the question was asked. */
export function ConfirmDialog({
  title,
  confirm,
  keep,
  isOpen,
  isBusy,
  error,
  isDanger = true,
  onConfirm,
  onClose,
  children,
}: ConfirmDialogProps) {
  const { t } = useWords();
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{keep ?? t("common.back")}</Button>
          <Button look={isDanger ? "danger" : "primary"} isBusy={isBusy} onClick={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
      {error !== null && error !== undefined && (
        <div className="mt-4">
          <ProblemNotice error={error} />
        </div>
      )}
    </Dialog>
  );
}
