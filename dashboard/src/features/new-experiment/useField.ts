import type { JsonValue } from "@/lib/api/schema.gen";
import { issueWords } from "@/lib/problemWords";
import { wordsOf, type FieldWords } from "@/lib/schema/document";
import { readAt } from "@/lib/schema/pointer";
import { useWords } from "@/lib/useWords";
import { controlId, useForm, type FieldProps } from "./FormContext";

export interface FieldState {
  value: JsonValue | undefined;
  words: FieldWords;
  title: string;
  help: string | null;
  error: string | null;
  id: string;
  /** What ties the control to its help and its error. */
  aria: { id: string; "aria-invalid": boolean | undefined; "aria-describedby": string | undefined };
  change: (value: JsonValue | undefined) => void;
}

export function useField({ name, pointer, schema }: FieldProps): FieldState {
  const form = useForm();
  const { t, pick, format } = useWords();
  const words = wordsOf(schema, { name, root: form.root });
  const issue = form.issues.get(pointer);
  const id = controlId(pointer);
  const describedBy = [words.help ? `${id}-help` : "", issue ? `${id}-error` : ""].filter(Boolean).join(" ");
  return {
    value: readAt(form.config, pointer),
    words,
    title: pick(words.title),
    help: words.help ? pick(words.help) : null,
    error: issue ? issueWords(issue, { t, value: (n) => format.value(n, 6) }) : null,
    id,
    aria: {
      id,
      "aria-invalid": issue ? true : undefined,
      "aria-describedby": describedBy === "" ? undefined : describedBy,
    },
    change: (value) => form.change(pointer, value),
  };
}
