import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, catalogQuery, experimentQuery, projectsQuery, request } from "@/lib/api/queries";
import type { CheckpointRead, ExperimentAccepted, ExperimentRead, JsonValue } from "@/lib/api/schema.gen";
import { mergePatch } from "@/lib/mergePatch";

const RENEW_MS = 15_000;

export function useCatalog() {
  return useQuery({ ...catalogQuery, refetchInterval: RENEW_MS });
}

export interface Filled {
  name: string;
  config: Record<string, JsonValue>;
  /** One per attempt to submit: a repeat after a lost answer finds the experiment that was already accepted. */
  key: string;
}
export type Send = (filled: Filled) => Promise<ExperimentAccepted>;

export const sendNew =
  (pipeline: string, project: string | null): Send =>
  ({ name, config, key }) => {
    const body = { pipeline, config, ...(project !== null && { project }), ...(name !== "" && { name }) };
    return post("/experiments", { body, key });
  };

/** The same form on a checkpoint of another experiment: only what was changed is sent. */
export const sendFork =
  (parent: ExperimentRead, seq: number): Send =>
  ({ name, config, key }) => {
    const changes = mergePatch(parent.config, config) ?? {};
    return post(`/experiments/${parent.task_id}/fork`, {
      body: { seq, changes, ...(name !== "" && { name }) },
      key,
    });
  };

function post(path: string, { body, key }: { body: object; key: string }): Promise<ExperimentAccepted> {
  return request(path, { method: "POST", body, headers: { "Idempotency-Key": key } });
}

export function useStartExperiment(send: Send) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.experiments }),
  });
}

export function useParent(id: string) {
  return useQuery(experimentQuery(id));
}

export function useKeptCheckpoints(id: string) {
  return useQuery({
    queryKey: cacheKeys.checkpoints(id),
    queryFn: ({ signal }) => request<CheckpointRead[]>(`/experiments/${id}/checkpoints`, { signal }),
    select: (checkpoints) => checkpoints.filter(({ is_kept }) => is_kept),
  });
}

/** The projects in which one may start something. */
export function useEditableProjects() {
  return useQuery({
    ...projectsQuery,
    select: ({ items }) => items.filter(({ role }) => role === "editor" || role === "admin"),
  });
}
