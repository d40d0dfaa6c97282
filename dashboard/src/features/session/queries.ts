import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/lib/api/problem";
import { cacheKeys, request } from "@/lib/api/queries";
import type { SessionRead, SignIn } from "@/lib/api/schema.gen";

/** Who is signed in; null when nobody is. */
export function useSession() {
  return useQuery({ queryKey: cacheKeys.session, queryFn: readSession, staleTime: 60_000 });
}

async function readSession({ signal }: { signal: AbortSignal }): Promise<SessionRead | null> {
  try {
    return await request<SessionRead>("/auth/session", { signal });
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 401) return null;
    throw error;
  }
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: SignIn) => request<unknown>("/auth/session", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.session }),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => request<unknown>("/auth/session", { method: "DELETE" }),
    onSuccess: () => {
      cache.clear();
      cache.setQueryData(cacheKeys.session, null);
    },
  });
}
