import { asText } from "@/lib/schema/pointer";
import type { JsonValue } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { FieldShell } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

/** One of a closed set of values. */
export function ChoiceField({ values, ...props }: FieldProps & { values: JsonValue[] }) {
  const field = useField(props);
  const { t, pick } = useWords();
  const chosen = values.findIndex((value) => value === field.value);
  const label = (value: JsonValue) => {
    const words = field.words.choices[asText(value)];
    return words ? pick(words) : asText(value);
  };
  return (
    <FieldShell field={field}>
      <select
        {...field.aria}
        value={chosen}
        onChange={(event) => field.change(values[Number(event.target.value)])}
        className="control picker"
      >
        {chosen === -1 && <option value={-1}>{t("form.choose")}</option>}
        {values.map((value, index) => (
          <option key={index} value={index}>
            {label(value)}
          </option>
        ))}
      </select>
    </FieldShell>
  );
}
