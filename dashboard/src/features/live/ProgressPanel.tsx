import { LinkButton } from "@/components/Button";
import { Fact } from "@/components/Fact";
import { ProgressBar } from "@/components/ProgressBar";
import { StateChip } from "@/components/StateChip";
import type { ExperimentRead } from "@/lib/api/schema.gen";
import { progressOf } from "@/lib/live/progress";
import type { LiveState } from "@/lib/live/state";
import { isTerminal } from "@/lib/states";
import { useNow } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";
import { useWorkerDevice } from "./queries";

interface ProgressPanelProps {
  experiment: ExperimentRead;
  live: LiveState;
}

/** Where the training stands, in one bar and a few numbers; the same in one sentence for screen readers. */
export function ProgressPanel({ experiment, live }: ProgressPanelProps) {
  const { t, format } = useWords();
  const state = live.state ?? experiment.state;
  const isOver = isTerminal(state);
  const now = useNow(isOver ? 0 : 1000);
  const progress = progressOf(live, experiment);
  const startedAt = live.startedAt ?? experiment.started_at;
  const endedAt = live.endedAt ?? experiment.finished_at;
  const elapsed =
    startedAt === null ? null : ((endedAt ? Date.parse(endedAt) : now) - Date.parse(startedAt)) / 1000;
  const epochWords =
    progress.epochs === 0
      ? t("live.notYet")
      : t("live.epochOf", { epoch: format.integer(progress.epoch), epochs: format.integer(progress.epochs) });
  const { speed } = live;
  const device = useWorkerDevice(experiment.worker_id);

  return (
    <section aria-label={t("live.progress")} className="panel p-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex items-center gap-3">
          <StateChip state={state} />
          <span className="numeric text-sm text-soft">
            {epochWords}
            {state === "succeeded" && progress.epoch < progress.epochs && ` · ${t("live.stoppedEarly")}`}
          </span>
        </div>
        <div className="flex gap-2">
          {state === "succeeded" && (
            <LinkButton to={`/experiments/${experiment.task_id}/report`} look="primary">
              {t("live.openReport")}
            </LinkButton>
          )}
        </div>
      </div>
      <div className="mt-4">
        <ProgressBar
          ratio={progress.ratio}
          label={t("live.progress")}
          valueText={`${t(`state.${state}`)}, ${epochWords}`}
        />
      </div>
      <dl className="mt-5 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-6">
        <Fact name={t("live.elapsed")}>
          {elapsed === null ? t("common.none") : format.duration(Math.max(0, elapsed))}
        </Fact>
        {!isOver && (
          <>
            <Fact name={t("live.eta")}>
              {progress.etaS === null ? t("common.none") : format.duration(progress.etaS)}
            </Fact>
            <Fact name={t("live.speed")}>
              {speed !== null ? t("live.perSecond", { value: format.integer(speed) }) : t("common.none")}
            </Fact>
          </>
        )}
        <Fact name={t("live.attempt")}>{format.integer(Math.max(live.attempt, experiment.attempt))}</Fact>
        {device !== null && <Fact name={t("live.device")}>{device}</Fact>}
        {experiment.seed !== null && <Fact name={t("report.seed")}>{String(experiment.seed)}</Fact>}
      </dl>
      <p className="sr-only" aria-live="polite">
        {t("live.spoken", { state: t(`state.${state}`), progress: spokenStep(progress, epochWords) })}
      </p>
    </section>
  );
}

/** Spoken every tenth of the way, not every epoch: nobody can listen to a training that talks all the time. */
function spokenStep({ ratio }: { ratio: number }, words: string): string {
  const tenth = Math.floor(ratio * 10);
  return tenth === 0 || ratio * 10 - tenth < 0.1 ? words : "";
}
