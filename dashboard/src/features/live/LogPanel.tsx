import { useMemo, useState } from "react";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Panel";
import { Segmented } from "@/components/Segmented";
import type { LogRecord } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { LogLines } from "./LogLines";
import { isAtLeast, toText, type LeastLevel } from "./logRows";

/** What the training logs: the newest line in sight until somebody scrolls up, any level, to take along. */
export function LogPanel({ logs, isEnded }: { logs: readonly LogRecord[]; isEnded: boolean }) {
  const { t, format } = useWords();
  const [least, setLeast] = useState<LeastLevel>("info");
  const [isFollowing, setIsFollowing] = useState(true);
  const [isCopied, setIsCopied] = useState(false);
  const shown = useMemo(() => logs.filter((record) => isAtLeast(record, least)), [logs, least]);
  const copy = () => {
    navigator.clipboard.writeText(toText(shown)).then(
      () => setIsCopied(true),
      () => setIsCopied(false),
    );
  };
  return (
    <Panel
      title={t("output.logs")}
      aside={
        <span className="numeric text-xs text-faint">
          {t("output.lines", { count: shown.length, lines: format.integer(shown.length) })}
        </span>
      }
    >
      {logs.length === 0 ? (
        <p className="flex min-h-32 items-center justify-center text-center text-soft">
          {isEnded ? t("output.logsGone") : t("output.noLogs")}
        </p>
      ) : (
        <>
          <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
            <Segmented
              label={t("output.level")}
              value={least}
              onChange={setLeast}
              options={[
                { value: "info", label: t("output.everything") },
                { value: "warning", label: t("output.warnings") },
                { value: "error", label: t("output.errors") },
              ]}
            />
            <div className="flex gap-2">
              <Button
                look={isFollowing ? "plain" : "quiet"}
                aria-pressed={isFollowing}
                onClick={() => setIsFollowing(!isFollowing)}
              >
                {t("output.follow")}
              </Button>
              <Button look="quiet" onClick={copy} disabled={shown.length === 0}>
                {isCopied ? t("common.copied") : t("common.copy")}
              </Button>
            </div>
          </div>
          {shown.length === 0 ? (
            <p className="flex min-h-32 items-center justify-center text-center text-soft">
              {t("output.noneOfLevel")}
            </p>
          ) : (
            <LogLines records={shown} isFollowing={isFollowing} onFollow={setIsFollowing} />
          )}
        </>
      )}
    </Panel>
  );
}
