import type { ReactNode } from "react";
import { describe, resolve, wordsOf, type JsonSchema } from "@/lib/schema/document";
import { joinPointer } from "@/lib/schema/pointer";
import { useWords } from "@/lib/useWords";
import { useForm, type FieldProps } from "./FormContext";

export type RenderField = (props: FieldProps) => ReactNode;

interface ObjectFieldsProps extends FieldProps {
  properties: [string, JsonSchema][];
  render: RenderField;
}

/** The fields of an object; those for experts wait behind a fold that opens by itself when one of them is wrong. */
export function ObjectFields({ pointer, properties, render }: ObjectFieldsProps) {
  const { root, issues } = useForm();
  const { t } = useWords();
  const fields = properties
    .map(([name, schema]) => ({ name, schema, pointer: joinPointer(pointer, name) }))
    .filter(({ schema }) => describe(schema, root).kind !== "constant");
  const isAdvanced = ({ name, schema }: FieldProps) => wordsOf(schema, { name, root }).isAdvanced;
  const plain = fields.filter((field) => !isAdvanced(field));
  const advanced = fields.filter(isAdvanced);
  const hasIssue = advanced.some((field) =>
    [...issues.keys()].some((at) => at === field.pointer || at.startsWith(`${field.pointer}/`)),
  );
  return (
    <>
      {plain.length > 0 && <FieldGrid fields={plain} root={root} render={render} />}
      {advanced.length > 0 && (
        <details open={hasIssue || undefined} className="group mt-5">
          <summary className="inline-flex min-h-8 items-center gap-2 rounded-sm text-sm font-semibold text-azure">
            <span className="transition-transform group-open:rotate-90" aria-hidden="true">
              ›
            </span>
            {t("form.advanced", { count: advanced.length })}
          </summary>
          <div className="mt-4">
            <FieldGrid fields={advanced} root={root} render={render} />
          </div>
        </details>
      )}
    </>
  );
}

function FieldGrid({
  fields,
  root,
  render,
}: {
  fields: FieldProps[];
  root: JsonSchema;
  render: RenderField;
}) {
  return (
    <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
      {fields.map((field) => (
        <div key={field.pointer} className={isWide(field.schema, root) ? "min-w-0 sm:col-span-2" : "min-w-0"}>
          {render(field)}
        </div>
      ))}
    </div>
  );
}

function isWide(schema: JsonSchema, root: JsonSchema): boolean {
  const { kind } = describe(schema, root);
  const long = (resolve(schema, root).maxLength ?? 0) > 200;
  return ["object", "union", "csv", "list", "json"].includes(kind) || (kind === "text" && long);
}
