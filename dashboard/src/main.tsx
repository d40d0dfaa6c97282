import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { ApiProblem } from "./lib/api/problem";
import { cacheKeys } from "./lib/api/queries";
import { startI18n } from "./lib/i18n";
import { createAppRouter } from "./routes/router";
import "./styles/app.css";

const RETRIES = 2;

/** A session that ended anywhere ends everywhere: the shell then shows how to sign in. */
function onError(error: unknown): void {
  if (error instanceof ApiProblem && error.problem.code === "unauthenticated") {
    cache.setQueryData(cacheKeys.session, null);
  }
}

const cache = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => count < RETRIES && !(error instanceof ApiProblem && isFinal(error)),
    },
  },
});

/** What the client did wrong stays wrong however often it asks. */
function isFinal({ problem }: ApiProblem): boolean {
  return problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}

startI18n();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <RouterProvider router={createAppRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
