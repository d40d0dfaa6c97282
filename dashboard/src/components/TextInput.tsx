import { useId, type InputHTMLAttributes } from "react";

interface TextInputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "id"> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: string | undefined;
  /** Why the value cannot be used; announced with the field. */
  error?: string | null;
}

/** One line of text with its label, its help and what is wrong with it. */
export function TextInput({ label, value, onChange, help, error = null, ...rest }: TextInputProps) {
  const id = useId();
  const notes = [error === null ? "" : `${id}-error`, help === undefined ? "" : `${id}-help`].filter(Boolean);
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-semibold">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        value={value}
        aria-invalid={error !== null || undefined}
        aria-describedby={notes.length > 0 ? notes.join(" ") : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="control"
      />
      {error !== null && (
        <p id={`${id}-error`} className="mt-1 text-sm font-medium text-bad">
          {error}
        </p>
      )}
      {help !== undefined && (
        <p id={`${id}-help`} className="mt-1 text-[0.82rem] leading-snug text-faint">
          {help}
        </p>
      )}
    </div>
  );
}
