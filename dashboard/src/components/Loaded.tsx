import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useWords } from "@/lib/useWords";
import { ProblemNotice } from "./ProblemNotice";
import { Skeleton } from "./Skeleton";

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** What a query brought; bars while it is on the way, the problem and another try when it failed. */
export function Loaded<T>({ query, rows = 3, children }: LoadedProps<T>) {
  const { t } = useWords();
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  return <Skeleton label={t("common.loading")} rows={rows} />;
}
