import { FieldNotes } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

/** Yes or no. */
export function SwitchField(props: FieldProps) {
  const field = useField(props);
  return (
    <div className="pt-6">
      <label className="flex min-h-10 cursor-pointer items-center gap-3 text-sm font-semibold">
        <input
          {...field.aria}
          type="checkbox"
          checked={field.value === true}
          onChange={(event) => field.change(event.target.checked)}
          className="size-4.5 accent-azure"
        />
        {field.title}
      </label>
      <FieldNotes field={field} />
    </div>
  );
}
