import { useId } from "react";

interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  help?: string;
  /** In a table the column's title already says it. */
  isLabelHidden?: boolean;
}

/** One of several, with its label. */
export function Select({ label, value, options, onChange, help, isLabelHidden = false }: SelectProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "mb-1 block text-sm font-semibold"}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => onChange(event.target.value)}
        className="control picker"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {help !== undefined && (
        <p id={`${id}-help`} className="mt-1 text-[0.82rem] leading-snug text-faint">
          {help}
        </p>
      )}
    </div>
  );
}
