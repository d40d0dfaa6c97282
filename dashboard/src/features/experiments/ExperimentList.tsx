import { useState } from "react";
import { useSearchParams } from "react-router";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { STATES } from "@/lib/states";
import { useWords } from "@/lib/useWords";
import { EmptyList } from "./EmptyList";
import { ExperimentFilterBar } from "./ExperimentFilterBar";
import { ExperimentTable } from "./ExperimentTable";
import { Pager } from "./Pager";
import { useExperiments, type ExperimentFilters } from "./queries";

type Changes = Record<string, string | null>;

function readFilters(search: URLSearchParams): ExperimentFilters {
  const state = STATES.find((candidate) => candidate === search.get("state")) ?? null;
  return {
    state,
    pipeline: search.get("pipeline"),
    project: search.get("project"),
    isArchived: search.get("archived") === "yes",
    text: search.get("q") ?? "",
    cursor: search.get("cursor"),
  };
}

function withChanges(search: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** All experiments, newest first. Filters live in the address, so a view can be kept and sent. */
export function ExperimentList() {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const page = useExperiments(filters);
  // cursors of the pages before this one; a page opened from a kept address has none and goes back to the first
  const [trail, setTrail] = useState<(string | null)[]>([]);

  const filter = (changes: Changes) => {
    setTrail([]);
    setSearch((old) => withChanges(old, { ...changes, cursor: null }), { replace: true });
  };
  const turn = (cursor: string | null, behind: (string | null)[]) => {
    setTrail(behind);
    setSearch((old) => withChanges(old, { cursor }));
  };

  const { data } = page;
  return (
    <div className="flex flex-col gap-4">
      <ExperimentFilterBar filters={filters} onFilter={filter} />
      <p className="sr-only" role="status">
        {data ? t("list.found", { count: data.total }) : ""}
      </p>
      {page.isError && <ProblemNotice error={page.error} onRetry={() => void page.refetch()} />}
      {!(page.isError && !data) && (
        <div className="panel overflow-hidden" aria-busy={page.isPending}>
          {!data && <Skeleton label={t("common.loading")} />}
          {data && data.items.length > 0 && <ExperimentTable items={data.items} />}
          {data?.items.length === 0 && (
            <EmptyList
              filters={filters}
              onClear={() => filter({ state: null, pipeline: null, project: null, archived: null, q: null })}
            />
          )}
        </div>
      )}
      {data && data.total > 0 && (
        <Pager
          total={data.total}
          onNewer={filters.cursor === null ? null : () => turn(trail.at(-1) ?? null, trail.slice(0, -1))}
          onOlder={
            data.next_cursor === null ? null : () => turn(data.next_cursor, [...trail, filters.cursor])
          }
        />
      )}
    </div>
  );
}
