import { Link } from "react-router";
import { ProgressBar } from "@/components/ProgressBar";
import { ScorePair } from "@/components/ScorePair";
import { StateChip } from "@/components/StateChip";
import { TimeAgo } from "@/components/TimeAgo";
import type { ExperimentSummary } from "@/lib/api/schema.gen";
import { isTerminal } from "@/lib/states";
import { useWords } from "@/lib/useWords";
import { usePipelines } from "./queries";

/** One row per experiment; on a narrow screen each row becomes a card. */
export function ExperimentTable({ items }: { items: ExperimentSummary[] }) {
  const { t } = useWords();
  return (
    <table className="w-full border-collapse text-sm max-md:block">
      <caption className="sr-only">{t("list.title")}</caption>
      <thead className="bg-sunken text-left max-md:sr-only">
        <tr>
          <Head>{t("list.name")}</Head>
          <Head>{t("list.state")}</Head>
          <Head>{t("list.progress")}</Head>
          <Head>{t("list.score")}</Head>
          <Head>{t("list.started")}</Head>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {items.map((item) => (
          <ExperimentRow key={item.task_id} item={item} />
        ))}
      </tbody>
    </table>
  );
}

function Head({ children }: { children: string }) {
  return (
    <th scope="col" className="px-5 py-2.5 text-xs font-semibold text-soft">
      {children}
    </th>
  );
}

function ExperimentRow({ item }: { item: ExperimentSummary }) {
  const { t, pick, format } = useWords();
  const pipeline = usePipelines().data?.find(({ name }) => name === item.pipeline);
  return (
    <tr className="relative border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60 max-md:grid max-md:grid-cols-[1fr_auto] max-md:gap-x-3 max-md:gap-y-2.5 max-md:px-5 max-md:py-4 md:first:border-t">
      <td className="max-w-72 px-5 py-3.5 max-md:p-0">
        <Link
          to={`/experiments/${item.task_id}`}
          className="block truncate font-semibold text-ink after:absolute after:inset-0 hover:text-azure"
        >
          {item.name}
        </Link>
        <span className="text-xs text-faint">{pipeline ? pick(pipeline.title) : item.pipeline}</span>
      </td>
      <td className="px-5 py-3.5 max-md:p-0">
        <StateChip state={item.state} />
      </td>
      <td className="min-w-40 px-5 py-3.5 max-md:col-span-2 max-md:p-0">
        <RowProgress item={item} />
      </td>
      <td className="px-5 py-3.5 max-md:p-0">
        {item.score ? (
          <ScorePair score={item.score} />
        ) : (
          <span className="text-faint max-md:hidden">
            {item.failure ? t(`failure.short`) : t("common.none")}
          </span>
        )}
      </td>
      <td className="px-5 py-3.5 whitespace-nowrap text-soft max-md:p-0 max-md:text-right">
        <TimeAgo iso={item.created_at} />
        {item.finished_at !== null && item.started_at !== null && (
          <span className="numeric block text-xs text-faint">
            {format.duration((Date.parse(item.finished_at) - Date.parse(item.started_at)) / 1000)}
          </span>
        )}
      </td>
    </tr>
  );
}

function RowProgress({ item }: { item: ExperimentSummary }) {
  const { t, format } = useWords();
  const { progress } = item;
  if (!progress || progress.epochs === 0)
    return <span className="text-faint max-md:hidden">{t("common.none")}</span>;
  const words = t("live.epochOf", {
    epoch: format.integer(progress.epoch),
    epochs: format.integer(progress.epochs),
  });
  if (isTerminal(item.state)) return <span className="numeric text-soft">{words}</span>;
  return (
    <div className="flex flex-col gap-1.5">
      <ProgressBar
        isQuiet
        ratio={progress.epoch / progress.epochs}
        label={t("list.progress")}
        valueText={words}
      />
      <span className="numeric text-xs text-soft">
        {words}
        {progress.eta_s !== null && ` · ${t("live.left", { time: format.duration(progress.eta_s) })}`}
      </span>
    </div>
  );
}
