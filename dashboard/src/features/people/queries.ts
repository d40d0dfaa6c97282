import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, request } from "@/lib/api/queries";
import type {
  LinkCreated,
  UserChange,
  UserCreate,
  UserCreated,
  UserList,
  UserRead,
} from "@/lib/api/schema.gen";

export function useUsers() {
  return useQuery({
    queryKey: cacheKeys.users,
    queryFn: ({ signal }) => request<UserList>("/users", { signal }),
    select: ({ items }) => items,
  });
}

export function useCreateUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: UserCreate) => request<UserCreated>("/users", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.users }),
  });
}

export function useChangeUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, changes }: { id: string; changes: UserChange }) =>
      request<UserRead>(`/users/${id}`, { method: "PATCH", body: changes }),
    onSuccess: () => cache.invalidateQueries({ queryKey: cacheKeys.users }),
  });
}

export function usePasswordLink() {
  return useMutation({
    mutationFn: (id: string) => request<LinkCreated>(`/users/${id}/links`, { method: "POST" }),
  });
}
