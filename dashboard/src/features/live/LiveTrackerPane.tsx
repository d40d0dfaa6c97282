import { Notice } from "@/components/Notice";
import type { ExperimentRead, Failure } from "@/lib/api/schema.gen";
import { findWords } from "@/lib/findWords";
import { saidWords } from "@/lib/saidWords";
import { useWords, type Words } from "@/lib/useWords";
import { EventLog } from "./EventLog";
import { LearningCurves } from "./LearningCurves";
import { LinkNotice } from "./LinkNotice";
import { LogPanel } from "./LogPanel";
import { PreviewChart } from "./PreviewChart";
import { ProgressPanel } from "./ProgressPanel";
import { useLive, useRecentOutput } from "./queries";
import { UsagePanel } from "./UsagePanel";

/** An experiment as it happens: progress, curves, predictions, warnings, and what the connection is doing. */
export function LiveTrackerPane({ experiment }: { experiment: ExperimentRead }) {
  const words = useWords();
  const { t } = words;
  const { live, link } = useLive(experiment.task_id);
  useRecentOutput(experiment.task_id, { isPolling: link === "polling", isEnded: live.isEnded });
  const failure = live.failure ?? experiment.failure;
  // what ended before its first epoch has no curve and will have none
  const isPromising = live.epochs.length > 0 || !live.isEnded;
  return (
    <div className="flex flex-col gap-5">
      <LinkNotice link={link} isEnded={live.isEnded} />
      {failure && (
        <Notice kind="problem" title={t(`failure.${failureKey(failure.code)}`)}>
          <p>{failureText(failure, words) ?? failure.message}</p>
          {failure.hint !== "" && (
            <p>{findWords(t, { group: "failureHint", code: failure.code }) ?? failure.hint}</p>
          )}
        </Notice>
      )}
      <ProgressPanel experiment={experiment} live={live} />
      {isPromising && (
        <div className="grid gap-5 xl:grid-cols-2">
          <LearningCurves id={experiment.task_id} live={live} />
          <PreviewChart live={live} />
        </div>
      )}
      <div className="grid gap-5 xl:grid-cols-[2fr_1fr]">
        <LogPanel logs={live.output.logs} isEnded={live.isEnded} />
        <UsagePanel samples={live.output.samples} isEnded={live.isEnded} />
      </div>
      <EventLog live={live} />
    </div>
  );
}

/** The sentence of a failure in the person's language: by its closer cause, else by its code, where they are known. */
function failureText({ code, params }: Failure, words: Words): string | null {
  const { cause } = params;
  const closer =
    typeof cause === "string" ? saidWords({ group: "failureText", code: cause, params }, words) : null;
  return closer ?? saidWords({ group: "failureText", code, params }, words);
}

const FAILURES = [
  "user_error",
  "out_of_memory",
  "diverged",
  "data_error",
  "worker_lost",
  "crash_loop",
  "no_worker",
  "storage_low",
  "timeout",
] as const;

function failureKey(code: string): (typeof FAILURES)[number] | "short" {
  return FAILURES.find((known) => known === code) ?? "short";
}
