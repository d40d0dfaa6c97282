import { FieldShell } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

const LONG = 200;

/** Text; more than a line of it gets room to grow. */
export function TextField({ limit, ...props }: FieldProps & { limit: number | undefined }) {
  const field = useField(props);
  const value = typeof field.value === "string" ? field.value : "";
  const fallback = typeof props.schema.default === "string" ? props.schema.default : "";
  const shared = { ...field.aria, value, placeholder: fallback, className: "control" };
  return (
    <FieldShell field={field}>
      {limit !== undefined && limit > LONG ? (
        <textarea {...shared} rows={4} onChange={(event) => field.change(event.target.value)} />
      ) : (
        <input
          {...shared}
          type="text"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => field.change(event.target.value)}
        />
      )}
    </FieldShell>
  );
}
