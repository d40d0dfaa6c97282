import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, projectsQuery, request } from "@/lib/api/queries";
import type { KeyCreate, KeyCreated, KeyList, PasswordChange, SessionList } from "@/lib/api/schema.gen";

export function useSessions() {
  return useQuery({
    queryKey: cacheKeys.sessions,
    queryFn: ({ signal }) => request<SessionList>("/auth/sessions", { signal }),
    select: ({ items }) => items,
  });
}

/** End one session; every other one without an id. */
export function useEndSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) =>
      request<unknown>(id === null ? "/auth/sessions" : `/auth/sessions/${id}`, { method: "DELETE" }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.sessions }),
  });
}

export function useChangePassword() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: PasswordChange) => request<unknown>("/auth/password", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.sessions }),
  });
}

export function useKeys() {
  return useQuery({
    queryKey: cacheKeys.keys,
    queryFn: ({ signal }) => request<KeyList>("/keys", { signal }),
    select: ({ items }) => items,
  });
}

export function useCreateKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: KeyCreate) => request<KeyCreated>("/keys", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.keys }),
  });
}

export function useRevokeKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<unknown>(`/keys/${id}`, { method: "DELETE" }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.keys }),
  });
}

export function useMyProjects() {
  return useQuery({
    ...projectsQuery,
    select: ({ items }) => items,
  });
}
