import { useRouteError } from "react-router";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { useWords } from "@/lib/useWords";

/** A defect of this interface, said plainly; what runs on the server goes on. */
export function CrashPage() {
  const { t } = useWords();
  const error = useRouteError();
  return (
    <main>
      <EmptyState
        isHeading
        title={t("crash.title")}
        action={
          <Button look="primary" onClick={() => window.location.reload()}>
            {t("crash.reload")}
          </Button>
        }
      >
        <p>{t("crash.text")}</p>
        <code className="numeric mt-3 block text-xs break-words text-faint">
          {error instanceof Error ? error.message : ""}
        </code>
      </EmptyState>
    </main>
  );
}
