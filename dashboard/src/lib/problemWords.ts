import type { TFunction } from "i18next";
import type { Problem } from "./api/schema.gen";
import { findWords } from "./findWords";
import type { FieldIssue } from "./schema/validate";

type Translate = TFunction;

/** A problem in the person's language by its code; the server's own English where the code is new to us. */
export function problemWords(problem: Problem, t: Translate): { title: string; hint: string } {
  return {
    title:
      findWords(t, { group: "problem", code: problem.code }) ??
      (problem.detail || problem.title || t("problem.internal")),
    hint: findWords(t, { group: "hint", code: problem.code }) ?? problem.hint,
  };
}

/** Why one field is wrong, with the limits of the rule in the person's number format. */
export function issueWords(
  issue: FieldIssue,
  { t, value }: { t: Translate; value: (n: number) => string },
): string {
  const params: Record<string, string> = {};
  for (const [name, param] of Object.entries(limitsOf(issue.params))) {
    params[name] =
      typeof param === "number" ? value(param) : Array.isArray(param) ? param.join(", ") : String(param);
  }
  if (issue.code === "type") {
    const { expected = issue.params.types } = issue.params;
    return (
      findWords(t, {
        group: "issue.type",
        code: Array.isArray(expected) ? (expected[0] ?? "") : String(expected),
      }) ?? t("issue.type.other")
    );
  }
  return findWords(t, { group: "issue", code: issue.code, params }) ?? issue.message ?? t("issue.unknown");
}

/** The rule's number under one name, whatever the validator that found it calls it. */
function limitsOf(params: FieldIssue["params"]): FieldIssue["params"] {
  const names = [
    "minimum",
    "maximum",
    "ge",
    "gt",
    "le",
    "lt",
    "min_length",
    "max_length",
    "min_items",
    "max_items",
  ];
  const found = names.find((name) => params[name] !== undefined && params[name] !== null);
  return params.limit === undefined && found !== undefined
    ? { ...params, limit: params[found] ?? null }
    : params;
}
