import { defaultOf } from "@/lib/schema/defaults";
import type { JsonSchema } from "@/lib/schema/document";
import { useWords } from "@/lib/useWords";
import { useForm, type FieldProps } from "./FormContext";
import type { RenderField } from "./ObjectFields";
import { useField } from "./useField";

/** A value that may be left out: switched off it is null, switched on it has its own control. */
export function NullableField({
  inner,
  render,
  ...props
}: FieldProps & { inner: JsonSchema; render: RenderField }) {
  const { root } = useForm();
  const { t } = useWords();
  const field = useField(props);
  const isOn = field.value !== null && field.value !== undefined;
  return (
    <div className="flex flex-col gap-2">
      <label className="flex min-h-8 cursor-pointer items-center gap-3 text-sm">
        <input
          id={isOn ? undefined : field.id}
          type="checkbox"
          checked={isOn}
          onChange={(event) => field.change(event.target.checked ? (defaultOf(inner, root) ?? "") : null)}
          className="size-4.5 accent-azure"
        />
        {t("form.set", { name: field.title })}
      </label>
      {isOn && render({ ...props, schema: inner })}
    </div>
  );
}
