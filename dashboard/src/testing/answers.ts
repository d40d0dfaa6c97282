import type { FieldProblem, Problem } from "@/lib/api/schema.gen";

/** Answers as the API gives them. */
export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export function problem(code: string, status: number, errors: FieldProblem[] = []): Response {
  const body: Problem = {
    type: "about:blank",
    title: "Refused",
    status,
    code,
    detail: "Refused.",
    hint: "",
    errors,
    request_id: "r-1",
  };
  return json(body, status);
}
