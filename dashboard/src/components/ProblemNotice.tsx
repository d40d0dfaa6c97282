import { problemOf } from "@/lib/api/problem";
import { problemWords } from "@/lib/problemWords";
import { useWords } from "@/lib/useWords";
import { Button } from "./Button";
import { Notice } from "./Notice";

/** What went wrong with a call, what to do, and the id that finds it in the log. */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useWords();
  const problem = problemOf(error);
  const { title, hint } = problemWords(problem, t);
  return (
    <Notice
      kind="problem"
      title={title}
      action={onRetry && <Button onClick={onRetry}>{t("common.retry")}</Button>}
    >
      {hint !== "" && <p>{hint}</p>}
      {problem.request_id !== "" && (
        <p className="mt-1 text-xs">
          {t("common.requestId")} <code className="numeric select-all">{problem.request_id}</code>
        </p>
      )}
    </Notice>
  );
}
