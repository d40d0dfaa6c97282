import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, request, sessionQuery } from "@/lib/api/queries";
import type { LinkRead, SignIn } from "@/lib/api/schema.gen";

/** Who is signed in; null when nobody is. */
export function useSession() {
  return useQuery(sessionQuery);
}

/** What a one-time link is for; asking does not use it up. */
export function useReadLink() {
  return useMutation({
    mutationFn: (token: string) => request<LinkRead>("/auth/links/read", { method: "POST", body: { token } }),
  });
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
      // the session's own query stays: removed, it would be asked again, and the door drawn anew under somebody's hands
      cache.setQueryData(cacheKeys.session, null);
      cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== cacheKeys.session[0] });
    },
  });
}
