import { Link } from "react-router";
import { Panel } from "@/components/Panel";
import { StateChip } from "@/components/StateChip";
import type { ExperimentRead } from "@/lib/api/schema.gen";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";

/** Where an experiment came from and what was made from it. Most have neither, and then there is no panel. */
export function LineagePanel({ experiment }: { experiment: ExperimentRead }) {
  const { t, format } = useWords();
  const { parent, fork_point, children, origin } = experiment;
  if (parent === null && children.length === 0) return null;
  return (
    <Panel title={t("lineage.title")}>
      <ul className="flex flex-col text-sm">
        {parent !== null && (
          <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line pb-2.5 last:border-b-0">
            <span className="text-soft">
              {findWords(t, { group: "lineage.from", code: origin }) ?? t("lineage.from.other")}
              {fork_point !== null &&
                ` · ${t("lineage.atEpoch", { epoch: format.integer(fork_point.epoch) })}`}
            </span>
            <Link to={`/experiments/${parent}`} className="font-semibold text-azure hover:underline">
              {t("lineage.parent")}
            </Link>
          </li>
        )}
        {children.map((child) => (
          <li
            key={child.task_id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2.5 last:border-b-0 last:pb-0"
          >
            <StateChip state={child.state} />
            <Link
              to={`/experiments/${child.task_id}`}
              className="min-w-0 truncate font-semibold text-ink hover:text-azure"
            >
              {child.name}
            </Link>
            <span className="text-soft">
              {findWords(t, { group: "lineage.to", code: child.origin }) ?? t("lineage.to.other")}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
