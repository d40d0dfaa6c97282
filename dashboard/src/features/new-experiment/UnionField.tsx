import { defaultOf } from "@/lib/schema/defaults";
import { describe, wordsOf, type FieldNode } from "@/lib/schema/document";
import { asText, isJsonObject } from "@/lib/schema/pointer";
import { useWords } from "@/lib/useWords";
import { useForm, type FieldProps } from "./FormContext";
import { GroupShell } from "./FieldShell";
import { ObjectFields, type RenderField } from "./ObjectFields";
import { useField } from "./useField";

interface UnionFieldProps extends FieldProps {
  node: Extract<FieldNode, { kind: "union" }>;
  render: RenderField;
}

/** One of several shapes, told apart by a tag: cards to choose from, then the fields of the chosen one. */
export function UnionField({ node, render, ...props }: UnionFieldProps) {
  const { root, choose } = useForm();
  const { pick } = useWords();
  const field = useField(props);
  const chosen = isJsonObject(field.value) ? asText(field.value[node.tag]) : "";
  const branch = node.branches.find(({ tag }) => tag === chosen);
  const inner = branch ? describe(branch.schema, root) : null;
  const hasFields = inner?.kind === "object" && inner.properties.some(([name]) => name !== node.tag);
  return (
    <div>
      <GroupShell field={field}>
        <div className="grid gap-2 sm:grid-cols-[repeat(auto-fit,minmax(11rem,1fr))]">
          {node.branches.map(({ tag, schema }) => {
            const words = wordsOf(schema, { name: tag, root });
            return (
              <label
                key={tag}
                className="flex min-h-12 cursor-pointer items-center gap-3 rounded-md border border-line bg-surface px-4 py-2.5 text-sm font-semibold transition-colors hover:border-line-strong has-checked:border-azure has-checked:bg-azure-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-azure"
              >
                <input
                  type="radio"
                  name={field.id}
                  value={tag}
                  checked={tag === chosen}
                  onChange={() =>
                    choose(props.pointer, { tag, from: chosen, start: defaultOf(schema, root) ?? {} })
                  }
                  className="size-4 accent-azure"
                />
                {pick(field.words.choices[tag] ?? words.title)}
              </label>
            );
          })}
        </div>
      </GroupShell>
      {branch && inner?.kind === "object" && hasFields && (
        <div className="mt-4 border-l-2 border-azure/40 pl-4 sm:pl-5">
          <ObjectFields {...props} schema={branch.schema} properties={inner.properties} render={render} />
        </div>
      )}
    </div>
  );
}
