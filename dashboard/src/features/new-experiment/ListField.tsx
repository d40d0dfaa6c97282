import { asText } from "@/lib/schema/pointer";
import type { JsonValue } from "@/lib/api/schema.gen";
import { describe, type JsonSchema } from "@/lib/schema/document";
import { useWords } from "@/lib/useWords";
import { useForm, type FieldProps } from "./FormContext";
import { GroupShell } from "./FieldShell";
import { JsonField } from "./JsonField";
import { useField } from "./useField";

/** Several of a closed set are check boxes; any other list is written as JSON. */
export function ListField({ items, ...props }: FieldProps & { items: JsonSchema }) {
  const { root } = useForm();
  const node = describe(items, root);
  return node.kind === "enum" ? <ChoicesField {...props} values={node.values} /> : <JsonField {...props} />;
}

function ChoicesField({ values, ...props }: FieldProps & { values: JsonValue[] }) {
  const field = useField(props);
  const { pick } = useWords();
  const chosen = Array.isArray(field.value) ? field.value : [];
  const toggle = (value: JsonValue, isOn: boolean) =>
    field.change(values.filter((candidate) => (candidate === value ? isOn : chosen.includes(candidate))));
  return (
    <GroupShell field={field}>
      <div className="flex flex-wrap gap-2">
        {values.map((value) => {
          const words = field.words.choices[asText(value)];
          return (
            <label
              key={asText(value)}
              className="flex min-h-10 cursor-pointer items-center gap-2.5 rounded-md border border-line px-3 text-sm has-checked:border-azure has-checked:bg-azure-wash has-focus-visible:outline-2 has-focus-visible:outline-azure"
            >
              <input
                type="checkbox"
                checked={chosen.includes(value)}
                onChange={(event) => toggle(value, event.target.checked)}
                className="size-4 accent-azure"
              />
              {words ? pick(words) : asText(value)}
            </label>
          );
        })}
      </div>
    </GroupShell>
  );
}
