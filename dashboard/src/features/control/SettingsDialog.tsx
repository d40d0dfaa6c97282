import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { TextInput } from "@/components/TextInput";
import type { ExperimentRead } from "@/lib/api/schema.gen";
import { errorAt } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { useChange } from "./queries";

const HOUR_S = 3600;
const PRIORITY = { least: -10, most: 10 };

/** Name, place in the queue and time limit: what may change while an experiment waits or runs. */
export function SettingsDialog({ experiment, onClose }: { experiment: ExperimentRead; onClose: () => void }) {
  const words = useWords();
  const { t, format } = words;
  const change = useChange(experiment.task_id);
  const [name, setName] = useState(experiment.name);
  const [priority, setPriority] = useState(experiment.priority);
  const [hours, setHours] = useState(
    experiment.time_limit_s === null ? "" : String(experiment.time_limit_s / HOUR_S),
  );
  const limit = readHours(hours);
  const save = () => {
    if (limit === undefined) return;
    change.mutate({ name: name.trim(), priority, time_limit_s: limit }, { onSuccess: onClose });
  };
  return (
    <FormDialog
      title={t("control.settingsTitle")}
      confirm={t("common.save")}
      isReady={name.trim() !== "" && limit !== undefined}
      isBusy={change.isPending}
      error={change.error}
      onSend={save}
      onClose={onClose}
    >
      <TextInput
        label={t("form.name")}
        value={name}
        onChange={setName}
        maxLength={120}
        autoComplete="off"
        error={name.trim() === "" ? t("issue.required") : errorAt("/name", change.error, words)}
      />
      <label className="block text-sm font-semibold">
        {t("control.priority")}
        <span className="mt-1 flex items-center gap-3 font-normal">
          <input
            type="range"
            min={PRIORITY.least}
            max={PRIORITY.most}
            value={priority}
            onChange={(event) => setPriority(Number(event.target.value))}
            className="w-full accent-azure"
          />
          <output className="numeric w-8 text-right">{format.integer(priority)}</output>
        </span>
        <span className="mt-1 block text-[0.82rem] font-normal text-faint">{t("control.priorityHelp")}</span>
      </label>
      <TextInput
        label={t("control.timeLimit")}
        value={hours}
        onChange={setHours}
        inputMode="decimal"
        autoComplete="off"
        help={t("control.timeLimitHelp")}
        error={
          limit === undefined ? t("control.timeLimitWrong") : errorAt("/time_limit_s", change.error, words)
        }
      />
    </FormDialog>
  );
}

/** Hours as typed, with a point or a comma; null without a limit, undefined for what is no duration. */
function readHours(text: string): number | null | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return null;
  const hours = Number(trimmed);
  return Number.isFinite(hours) && hours > 0 && hours <= 8760 ? hours * HOUR_S : undefined;
}
