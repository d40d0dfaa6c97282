import type { CheckpointRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

interface CheckpointPickerProps {
  checkpoints: CheckpointRead[];
  chosen: number;
  onChoose: (seq: number) => void;
}

/** The kept checkpoints of an experiment: where its copy may start. */
export function CheckpointPicker({ checkpoints, chosen, onChoose }: CheckpointPickerProps) {
  const { t, format } = useWords();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{t("fork.from")}</legend>
      <div className="grid gap-3 md:grid-cols-[repeat(auto-fill,minmax(16rem,1fr))]">
        {checkpoints.map((checkpoint) => (
          <label
            key={checkpoint.seq}
            className="panel flex cursor-pointer items-start gap-3 p-4 transition-colors hover:border-line-strong has-checked:border-azure has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-azure"
          >
            <input
              type="radio"
              name="checkpoint"
              value={checkpoint.seq}
              checked={checkpoint.seq === chosen}
              onChange={() => onChoose(checkpoint.seq)}
              className="mt-1 size-4 accent-azure"
            />
            <span>
              <span className="font-semibold">
                {t("fork.afterEpoch", { epoch: format.integer(checkpoint.epoch) })}
              </span>
              {checkpoint.is_best && (
                <span className="ml-2 rounded-full bg-azure-wash px-2 py-0.5 text-xs font-semibold text-azure">
                  {t("fork.best")}
                </span>
              )}
              <span className="numeric mt-1 block text-xs text-faint">
                {t("fork.step", { step: format.integer(checkpoint.step) })} · {format.dateTime(checkpoint.at)}{" "}
                · {format.bytes(checkpoint.bytes)}
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
