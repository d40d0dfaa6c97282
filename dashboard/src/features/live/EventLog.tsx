import { Panel } from "@/components/Panel";
import type { LiveState } from "@/lib/live/state";
import { findWords } from "@/lib/findWords";
import { saidWords } from "@/lib/saidWords";
import { useWords } from "@/lib/useWords";

interface Line {
  ts: string;
  text: string;
  detail: string;
  isWarning: boolean;
}

/** What happened, in order: changes of state, resumptions and warnings. */
export function EventLog({ live }: { live: LiveState }) {
  const words = useWords();
  const { t, format } = words;
  const lines: Line[] = [
    ...live.steps.map(({ ts, state, reason, code, params }) => ({
      ts,
      text: t(`state.${state}`),
      detail: saidWords({ group: "reason", code, params }, words) ?? reason,
      isWarning: false,
    })),
    ...live.resumes.map(({ ts, from_epoch, reason }) => ({
      ts,
      text: from_epoch === 0 ? t("log.restarted") : t("log.resumed", { epoch: format.integer(from_epoch) }),
      detail: reason,
      isWarning: true,
    })),
    ...live.warnings.map(({ ts, code, message, params }) => ({
      ts,
      text: findWords(t, { group: "warning", code }) ?? t("warning.other"),
      detail: saidWords({ group: "warningText", code, params }, words) ?? message,
      isWarning: true,
    })),
  ].sort((a, b) => a.ts.localeCompare(b.ts));
  if (lines.length === 0) return null;
  return (
    <Panel title={t("log.title")}>
      <ol className="flex flex-col text-sm">
        {lines.map((line, index) => (
          <li
            key={index}
            className="flex flex-wrap gap-x-4 gap-y-0.5 border-t border-line py-2 first:border-t-0"
          >
            <time dateTime={line.ts} className="numeric text-faint">
              {format.clock(line.ts)}
            </time>
            <span className={`font-semibold ${line.isWarning ? "text-ember" : ""}`}>{line.text}</span>
            {line.detail !== "" && (
              <span className="min-w-0 flex-1 basis-64 break-words text-soft">{line.detail}</span>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
