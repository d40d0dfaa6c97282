import { useEffect, type ReactNode } from "react";
import { useWords } from "@/lib/useWords";

/** The one heading of a page, also its title in the browser's tab. */
export function PageHead({ title, lead, action }: { title: string; lead?: string; action?: ReactNode }) {
  const { t } = useWords();
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [title, t]);
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-4">
      <div className="min-w-0">
        <h1 className="text-3xl break-words">{title}</h1>
        {lead !== undefined && <p className="mt-1 max-w-2xl text-soft">{lead}</p>}
      </div>
      {action}
    </div>
  );
}
