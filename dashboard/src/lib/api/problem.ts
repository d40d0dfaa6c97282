import type { Problem } from "./schema.gen";

/** A refused or failed call, with everything the server said about it. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiProblem";
    this.problem = problem;
  }
}

/** The problem document of an answer; a stand-in when something between us and the API answered in its own words. */
export async function toProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    code: response.status === 401 ? "unauthenticated" : "internal",
    detail: "",
    hint: "",
    errors: [],
    request_id: response.headers.get("X-Request-ID") ?? "",
  };
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? { ...fallback, ...body } : fallback;
  } catch {
    return fallback;
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  return {
    type: "about:blank",
    title: "",
    status: 0,
    code: "internal",
    detail: error instanceof Error ? error.message : "",
    hint: "",
    errors: [],
    request_id: "",
  };
}
