import type { ReactNode } from "react";
import type { FieldState } from "./useField";

/** Label, control, help and error of one field, in the order in which they are read. */
export function FieldShell({ field, children }: { field: FieldState; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={field.id} className="mb-1 flex items-baseline gap-1.5 text-sm font-semibold">
        {field.title}
        {field.words.unit !== "" && <span className="font-normal text-faint">({field.words.unit})</span>}
      </label>
      {children}
      <FieldNotes field={field} />
    </div>
  );
}

/** The same for a group of controls, such as radio buttons: its label is a legend. */
export function GroupShell({ field, children }: { field: FieldState; children: ReactNode }) {
  return (
    <fieldset
      id={field.id}
      tabIndex={-1}
      data-invalid={field.error === null ? undefined : true}
      aria-describedby={field.aria["aria-describedby"]}
      className="min-w-0"
    >
      <legend className="mb-1.5 text-sm font-semibold">{field.title}</legend>
      {children}
      <FieldNotes field={field} />
    </fieldset>
  );
}

export function FieldNotes({ field }: { field: FieldState }) {
  return (
    <>
      {field.error !== null && (
        <p id={`${field.id}-error`} className="mt-1 text-sm font-medium text-bad">
          {field.error}
        </p>
      )}
      {field.help !== null && (
        <p id={`${field.id}-help`} className="mt-1 text-[0.82rem] leading-snug text-faint">
          {field.help}
        </p>
      )}
    </>
  );
}
