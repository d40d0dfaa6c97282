import { useQuery } from "@tanstack/react-query";
import { cacheKeys, request } from "@/lib/api/queries";
import type { ArtifactRead, Results } from "@/lib/api/schema.gen";

export function useArtifacts(id: string) {
  return useQuery({
    queryKey: cacheKeys.artifacts(id),
    queryFn: ({ signal }) => request<ArtifactRead[]>(`/experiments/${id}/artifacts`, { signal }),
  });
}

/** `results.json`; it never changes, so it is asked for once. */
export function useResults(id: string) {
  return useQuery({
    queryKey: cacheKeys.results(id),
    queryFn: ({ signal }) => request<Results>(`/experiments/${id}/artifacts/results.json`, { signal }),
    staleTime: Infinity,
  });
}
