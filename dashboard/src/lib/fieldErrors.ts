import { problemOf } from "./api/problem";
import { issueWords } from "./problemWords";
import type { Words } from "./useWords";

/** What a refused call said of the field at `pointer`, in the person's language; null if nothing. */
export function errorAt(pointer: string, error: unknown, { t, format }: Words): string | null {
  if (error === null || error === undefined) return null;
  const found = problemOf(error).errors.find((issue) => issue.pointer === pointer);
  return found ? issueWords(found, { t, value: (n) => format.value(n) }) : null;
}

/** Whether a refused call has more to say than what stands at its fields. */
export function hasOwnWords(error: unknown): boolean {
  return error !== null && error !== undefined && problemOf(error).errors.length === 0;
}
