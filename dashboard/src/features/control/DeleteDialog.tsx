import { ConfirmDialog } from "@/components/ConfirmDialog";
import type { ExperimentRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { useDelete } from "./queries";

interface DeleteDialogProps {
  experiment: ExperimentRead;
  isOpen: boolean;
  onClose: () => void;
  onDeleted: () => void;
}

/** Deletion is for ever, so it names what goes; what still needs the experiment is said by the server. */
export function DeleteDialog({ experiment, isOpen, onClose, onDeleted }: DeleteDialogProps) {
  const { t } = useWords();
  const remove = useDelete(experiment.task_id);
  return (
    <ConfirmDialog
      title={t("control.deleteTitle", { name: experiment.name })}
      confirm={t("control.deleteConfirm")}
      isOpen={isOpen}
      isBusy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
    >
      <p>{t("control.deleteText")}</p>
      {experiment.children.length > 0 && (
        <>
          <p className="mt-3 font-semibold text-ink">{t("control.deleteChildren")}</p>
          <ul className="mt-1 list-disc pl-5">
            {experiment.children.map((child) => (
              <li key={child.task_id}>{child.name}</li>
            ))}
          </ul>
        </>
      )}
    </ConfirmDialog>
  );
}
