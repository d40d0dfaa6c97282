import { useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Menu, type MenuItem } from "@/components/Menu";
import { ProblemNotice } from "@/components/ProblemNotice";
import type { ControlAction, ExperimentRead } from "@/lib/api/schema.gen";
import { randomId } from "@/lib/randomId";
import { useWords } from "@/lib/useWords";
import { DeleteDialog } from "./DeleteDialog";
import { SettingsDialog } from "./SettingsDialog";
import { useMaking, useOrder, type Making } from "./queries";

type Question = "cancel" | "delete" | "settings" | null;

/** What may be asked of an experiment now: the server says what, the likely ones are buttons, the rest is a menu. */
export function ControlBar({ experiment }: { experiment: ExperimentRead }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const id = experiment.task_id;
  const order = useOrder(id);
  const making = useMaking(id);
  const [key, setKey] = useState(randomId);
  const [question, setQuestion] = useState<Question>(null);
  const can = (action: ControlAction) => experiment.actions.includes(action);

  const make = (what: Making) =>
    making.mutate(
      { making: what, key },
      {
        onSuccess: ({ task_id }) => {
          setKey(randomId());
          void navigate(`/experiments/${task_id}`);
        },
      },
    );
  const makings = (["rerun", "prove"] as const).filter(can);
  const items: MenuItem[] = [
    { label: t("control.settings"), onChoose: () => setQuestion("settings") },
    ...(can("fork")
      ? [{ label: t("control.fork"), onChoose: () => void navigate(`/experiments/${id}/fork`) }]
      : []),
    ...makings.map((what) => ({ label: t(`control.${what}`), onChoose: () => make(what) })),
    ...(["archive", "unarchive"] as const).filter(can).map((what) => ({
      label: t(`control.${what}`),
      onChoose: () => order.mutate(what),
    })),
    ...(can("delete")
      ? [{ label: t("control.delete"), isDanger: true, onChoose: () => setQuestion("delete") }]
      : []),
  ];
  // a refused cancel is said where it was asked
  const cancelError = order.variables === "cancel" ? order.error : null;
  const error = (cancelError === null ? order.error : null) ?? making.error;

  return (
    <div className="flex flex-col items-end gap-3">
      <div className="flex flex-wrap items-center gap-2">
        {can("pause") && (
          <Button isBusy={order.isPending} onClick={() => order.mutate("pause")}>
            {t("control.pause")}
          </Button>
        )}
        {can("resume") && (
          <Button look="primary" isBusy={order.isPending} onClick={() => order.mutate("resume")}>
            {t("control.resume")}
          </Button>
        )}
        {can("retry") && (
          <Button look="primary" isBusy={making.isPending} onClick={() => make("retry")}>
            {t("control.retry")}
          </Button>
        )}
        {can("cancel") && (
          <Button look="danger" onClick={() => setQuestion("cancel")}>
            {t("live.cancel")}
          </Button>
        )}
        <Menu label={t("control.more")} items={items}>
          <span aria-hidden="true" className="text-lg leading-none tracking-widest">
            ⋯
          </span>
        </Menu>
      </div>
      {error !== null && <ProblemNotice error={error} />}
      <ConfirmDialog
        title={t("live.cancelTitle")}
        confirm={t("live.cancelConfirm")}
        keep={t("live.keep")}
        isOpen={question === "cancel"}
        isBusy={order.isPending}
        error={cancelError}
        onClose={() => setQuestion(null)}
        onConfirm={() => order.mutate("cancel", { onSuccess: () => setQuestion(null) })}
      >
        <p>{t("live.cancelText")}</p>
      </ConfirmDialog>
      <DeleteDialog
        experiment={experiment}
        isOpen={question === "delete"}
        onClose={() => setQuestion(null)}
        onDeleted={() => void navigate("/", { replace: true })}
      />
      {question === "settings" && (
        <SettingsDialog experiment={experiment} onClose={() => setQuestion(null)} />
      )}
    </div>
  );
}
