import type { ReactNode } from "react";
import { Panel } from "@/components/Panel";
import { describe, wordsOf, type JsonSchema } from "@/lib/schema/document";
import { joinPointer } from "@/lib/schema/pointer";
import { useWords } from "@/lib/useWords";
import { renderField } from "./Field";
import { ObjectFields } from "./ObjectFields";

/** The top level of a config as sections: first what is chosen between (the data), then each group, then the rest. */
export function FormSections({ schema, lead }: { schema: JsonSchema; lead: ReactNode }) {
  const { t, pick } = useWords();
  const node = describe(schema, schema);
  const properties = node.kind === "object" ? node.properties : [];
  const kindOf = (inner: JsonSchema) => describe(inner, schema).kind;
  const unions = properties.filter(([, inner]) => kindOf(inner) === "union");
  const groups = properties.filter(([, inner]) => kindOf(inner) === "object");
  const rest = properties.filter(([, inner]) => !["union", "object", "constant"].includes(kindOf(inner)));
  return (
    <>
      <Panel title={t("form.basics")}>
        <div className="flex flex-col gap-5">
          {lead}
          {unions.map(([name, inner]) =>
            renderField({ name, schema: inner, pointer: joinPointer("", name) }),
          )}
        </div>
      </Panel>
      <div className="gap-6 lg:columns-2">
        {groups.map(([name, inner]) => (
          <div key={name} className="mb-6 break-inside-avoid">
            <Panel title={pick(wordsOf(inner, { name, root: schema }).title)}>
              {renderField({ name, schema: inner, pointer: joinPointer("", name) })}
            </Panel>
          </div>
        ))}
        {rest.length > 0 && (
          <div className="mb-6 break-inside-avoid">
            <Panel title={t("form.more")}>
              <ObjectFields name="" pointer="" schema={schema} properties={rest} render={renderField} />
            </Panel>
          </div>
        )}
      </div>
    </>
  );
}
