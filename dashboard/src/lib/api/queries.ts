import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, toProblem } from "./problem";
import type { Catalog, ExperimentRead, ProjectList, SessionRead } from "./schema.gen";

const PREFIX = "/api/v1";

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/**
 * One call to the API of this origin; the answer is typed by the caller from `schema.gen.ts`.
 *
 * Throws `ApiProblem`: what the server said, or `offline` when it could not be reached.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path.startsWith(PREFIX) ? path : PREFIX + path, options);
  if (!response.ok) throw new ApiProblem(await toProblem(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function send(
  path: string,
  { method = "GET", body, headers, signal }: RequestOptions,
): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem({
      type: "about:blank",
      title: "Offline",
      status: 0,
      code: "offline",
      detail: "",
      hint: "",
      errors: [],
      request_id: "",
    });
  }
}

/** Keys of the shared cache. A list key is a prefix of its pages, so one invalidation reaches them all. */
export const cacheKeys = {
  session: ["session"] as const,
  sessions: ["sessions"] as const,
  keys: ["keys"] as const,
  users: ["users"] as const,
  projects: ["projects"] as const,
  project: (id: string) => ["project", id] as const,
  members: (id: string) => ["project", id, "members"] as const,
  audit: ["audit"] as const,
  catalog: ["catalog"] as const,
  health: ["health"] as const,
  experiments: ["experiments"] as const,
  experiment: (id: string) => ["experiment", id] as const,
  live: (id: string) => ["experiment", id, "live"] as const,
  artifacts: (id: string) => ["experiment", id, "artifacts"] as const,
  checkpoints: (id: string) => ["experiment", id, "checkpoints"] as const,
  proof: (id: string, other: string) => ["experiment", id, "proof", other] as const,
  results: (id: string) => ["experiment", id, "results"] as const,
};

/** Who is signed in; null when nobody is. Several features look at what somebody may do. */
export const sessionQuery = queryOptions({
  queryKey: cacheKeys.session,
  queryFn: readSession,
  staleTime: 60_000,
});

async function readSession({ signal }: { signal: AbortSignal }): Promise<SessionRead | null> {
  try {
    return await request<SessionRead>("/auth/session", { signal });
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 401) return null;
    throw error;
  }
}

/** Everything about one experiment but its events. */
export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: cacheKeys.experiment(id),
    queryFn: ({ signal }) => request<ExperimentRead>(`/experiments/${id}`, { signal }),
  });

/** The projects that one sees; whoever lists, starts or limits something asks for them. */
export const projectsQuery = queryOptions({
  queryKey: cacheKeys.projects,
  queryFn: ({ signal }) => request<ProjectList>("/projects", { signal }),
});

/** What live workers offer; several features look at it. */
export const catalogQuery = queryOptions({
  queryKey: cacheKeys.catalog,
  queryFn: ({ signal }) => request<Catalog>("/pipelines", { signal }),
});
