import { DownloadButton } from "@/components/Button";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";
import { useArtifacts } from "./queries";

/** Every file that the experiment produced. */
export function Downloads({ id }: { id: string }) {
  const { t, format } = useWords();
  const artifacts = useArtifacts(id);
  return (
    <Panel title={t("report.downloads")}>
      {artifacts.isPending && <Skeleton label={t("common.loading")} rows={1} />}
      {artifacts.isError && (
        <ProblemNotice error={artifacts.error} onRetry={() => void artifacts.refetch()} />
      )}
      {artifacts.data?.length === 0 && <p className="text-soft">{t("report.noFiles")}</p>}
      {artifacts.data && artifacts.data.length > 0 && (
        <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {artifacts.data.map((artifact) => (
            <li
              key={artifact.name}
              className="flex items-center justify-between gap-3 rounded-md border border-line p-3"
            >
              <span className="min-w-0">
                <span className="block truncate text-sm font-semibold">
                  {findWords(t, { group: "file", code: artifact.name }) ?? artifact.name}
                </span>
                <span className="numeric block truncate text-xs text-faint">
                  {artifact.name} · {format.bytes(artifact.bytes)}
                </span>
              </span>
              <DownloadButton href={artifact.url} name={artifact.name}>
                <span aria-hidden="true">↓</span>
                <span className="sr-only">{t("report.download", { name: artifact.name })}</span>
              </DownloadButton>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
