import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { cacheKeys, catalogQuery, projectsQuery, request } from "@/lib/api/queries";
import type { ExperimentPage, ExperimentState } from "@/lib/api/schema.gen";
import { isTerminal } from "@/lib/states";

export interface ExperimentFilters {
  state: ExperimentState | null;
  pipeline: string | null;
  project: string | null;
  isArchived: boolean;
  text: string;
  cursor: string | null;
}

const PAGE_SIZE = 20;
const BUSY_MS = 2_000;
const QUIET_MS = 10_000;

/** A page of the list; asked for more often while something on it is moving. */
export function useExperiments({ state, pipeline, project, isArchived, text, cursor }: ExperimentFilters) {
  const search = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (state) search.set("state", state);
  if (pipeline) search.set("pipeline", pipeline);
  if (project) search.set("project", project);
  if (isArchived) search.set("archived", "yes");
  if (text !== "") search.set("q", text);
  if (cursor) search.set("cursor", cursor);
  return useQuery({
    queryKey: [...cacheKeys.experiments, search.toString()],
    queryFn: ({ signal }) => request<ExperimentPage>(`/experiments?${search.toString()}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.items.some((item) => !isTerminal(item.state)) ? BUSY_MS : QUIET_MS,
  });
}

export function usePipelines() {
  return useQuery({ ...catalogQuery, select: (catalog) => catalog.pipelines });
}

export function useVisibleProjects() {
  return useQuery({
    ...projectsQuery,
    select: ({ items }) => items,
  });
}
