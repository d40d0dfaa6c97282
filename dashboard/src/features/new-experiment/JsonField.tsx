import { useState } from "react";
import type { JsonValue } from "@/lib/api/schema.gen";
import { FieldShell } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

/** The way out for schemas without a control of their own: the value as JSON. Text that is none is sent as text. */
export function JsonField(props: FieldProps) {
  const field = useField(props);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (field.value === undefined ? "" : JSON.stringify(field.value, null, 1));
  return (
    <FieldShell field={field}>
      <textarea
        {...field.aria}
        rows={3}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setTyped(event.target.value);
          field.change(readJson(event.target.value));
        }}
        className="control numeric"
      />
    </FieldShell>
  );
}

function readJson(text: string): JsonValue | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
