import { useQuery } from "@tanstack/react-query";
import { cacheKeys, catalogQuery, request } from "@/lib/api/queries";
import type { Health } from "@/lib/api/schema.gen";
import { ApiProblem } from "@/lib/api/problem";

const RENEW_MS = 10_000;

export function useCatalog() {
  return useQuery({ ...catalogQuery, refetchInterval: RENEW_MS });
}

/** What stands and what does not. Not being ready is an answer too: 503 with the same document. */
export function useHealth() {
  return useQuery({ queryKey: cacheKeys.health, queryFn: readHealth, refetchInterval: RENEW_MS });
}

async function readHealth({ signal }: { signal: AbortSignal }): Promise<Health> {
  try {
    return await request<Health>("/ready", { signal });
  } catch (error) {
    if (error instanceof ApiProblem && "checks" in error.problem) return error.problem as unknown as Health;
    throw error;
  }
}
