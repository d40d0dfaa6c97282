import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { cacheKeys, request } from "@/lib/api/queries";
import type { MemberList, MemberPut, ProjectChange, ProjectList, ProjectRead } from "@/lib/api/schema.gen";

export function useProjects() {
  return useQuery({
    queryKey: [...cacheKeys.projects, "all"],
    queryFn: ({ signal }) => request<ProjectList>("/projects?archived=true", { signal }),
    select: ({ items }) => items,
  });
}

export function useProject(id: string) {
  return useQuery({
    queryKey: cacheKeys.project(id),
    queryFn: ({ signal }) => request<ProjectRead>(`/projects/${id}`, { signal }),
  });
}

export function useCreateProject() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => request<ProjectRead>("/projects", { method: "POST", body: { name } }),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: cacheKeys.projects });
      void cache.invalidateQueries({ queryKey: cacheKeys.session });
    },
  });
}

export function useChangeProject(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (changes: ProjectChange) =>
      request<ProjectRead>(`/projects/${id}`, { method: "PATCH", body: changes }),
    onSuccess: (project) => {
      cache.setQueryData(cacheKeys.project(id), project);
      void cache.invalidateQueries({ queryKey: cacheKeys.projects });
    },
  });
}

export function useMembers(id: string) {
  return useQuery({
    queryKey: cacheKeys.members(id),
    queryFn: ({ signal }) => request<MemberList>(`/projects/${id}/members`, { signal }),
    select: ({ items }) => items,
  });
}

export function usePutMember(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: MemberPut) => request<unknown>(`/projects/${id}/members`, { method: "POST", body }),
    onSettled: () => cache.invalidateQueries({ queryKey: cacheKeys.members(id) }),
  });
}

export function useRemoveMember(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (user: string) => request<unknown>(`/projects/${id}/members/${user}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: cacheKeys.members(id) }),
  });
}
