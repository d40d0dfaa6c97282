import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, request } from "@/lib/api/queries";
import type { ExperimentAccepted, ExperimentPatch, ExperimentRead, ProofRead } from "@/lib/api/schema.gen";

const PENDING_MS = 3000;

/** Orders that change the experiment itself; each may be repeated. */
export type Order = "pause" | "resume" | "cancel" | "archive" | "unarchive";
/** Orders that make another experiment from it. */
export type Making = "retry" | "rerun" | "prove";

export function useOrder(id: string) {
  const settle = useSettle(id);
  return useMutation({
    mutationFn: (order: Order) => request<ExperimentRead>(`/experiments/${id}/${order}`, { method: "POST" }),
    ...settle,
  });
}

/** One key per press: a repeat after a lost answer finds the experiment that was already made. */
export function useMaking(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ making, key }: { making: Making; key: string }) =>
      request<ExperimentAccepted>(`/experiments/${id}/${making}`, {
        method: "POST",
        body: {},
        headers: { "Idempotency-Key": key },
      }),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: cacheKeys.experiment(id), exact: true });
      void cache.invalidateQueries({ queryKey: cacheKeys.experiments });
    },
  });
}

export function useChange(id: string) {
  const settle = useSettle(id);
  return useMutation({
    mutationFn: (changes: ExperimentPatch) =>
      request<ExperimentRead>(`/experiments/${id}`, { method: "PATCH", body: changes }),
    ...settle,
  });
}

export function useDelete(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => request<unknown>(`/experiments/${id}`, { method: "DELETE" }),
    onSuccess: () => {
      cache.removeQueries({ queryKey: cacheKeys.experiment(id) });
      void cache.invalidateQueries({ queryKey: cacheKeys.experiments });
    },
  });
}

/** `state` is the second one's: whenever it changes, the comparison is asked for again. */
export function useProof(id: string, { other, state }: { other: string; state: string }) {
  return useQuery({
    queryKey: [...cacheKeys.proof(id, other), state],
    queryFn: ({ signal }) => request<ProofRead>(`/experiments/${id}/proof/${other}`, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.verdict === "pending" ? PENDING_MS : false),
  });
}

/** The answer is the experiment as it stands now; the lists that show it are asked for again. */
function useSettle(id: string) {
  const cache = useQueryClient();
  return {
    onSuccess: (experiment: ExperimentRead) => {
      cache.setQueryData(cacheKeys.experiment(id), experiment);
      void cache.invalidateQueries({ queryKey: cacheKeys.experiments });
    },
  };
}
