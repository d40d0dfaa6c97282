import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { cacheKeys, request } from "@/lib/api/queries";
import type { AuditPage } from "@/lib/api/schema.gen";

const PAGE_SIZE = 50;

export function useAudit({ action, cursor }: { action: string; cursor: string | null }) {
  const search = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (action !== "") search.set("action", action);
  if (cursor !== null) search.set("cursor", cursor);
  return useQuery({
    queryKey: [...cacheKeys.audit, search.toString()],
    queryFn: ({ signal }) => request<AuditPage>(`/audit?${search.toString()}`, { signal }),
    placeholderData: keepPreviousData,
  });
}
