import { Notice } from "@/components/Notice";
import type { BrokenApp } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** Apps that could not be loaded; the others are offered all the same. */
export function BrokenApps({ apps }: { apps: BrokenApp[] }) {
  const { t } = useWords();
  return (
    <Notice kind="warning" title={t("system.broken", { count: apps.length })}>
      <ul className="mt-1 flex flex-col gap-2">
        {apps.map((app) => (
          <li key={app.entry_point}>
            <code className="numeric font-semibold text-ink">{app.entry_point}</code>
            <span className="block break-words">{app.error}</span>
            {app.hint !== "" && <span className="block">{app.hint}</span>}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
