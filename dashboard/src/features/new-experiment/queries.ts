import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, catalogQuery, request } from "@/lib/api/queries";
import type { ExperimentAccepted, ExperimentCreate } from "@/lib/api/schema.gen";

const RENEW_MS = 15_000;

export function useCatalog() {
  return useQuery({ ...catalogQuery, refetchInterval: RENEW_MS });
}

/** One key per attempt to submit: a repeat after a lost answer finds the experiment that was already accepted. */
export function useStartExperiment() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ body, key }: { body: ExperimentCreate; key: string }) =>
      request<ExperimentAccepted>("/experiments", {
        method: "POST",
        body,
        headers: { "Idempotency-Key": key },
      }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.experiments }),
  });
}
