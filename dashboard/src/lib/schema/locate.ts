import type { JsonValue } from "@/lib/api/schema.gen";
import { describe, type JsonSchema } from "./document";
import { isJsonObject, joinPointer } from "./pointer";
import type { FieldIssue } from "./validate";

/** Pointers of every control that the form shows for this value. */
export function listPointers(
  schema: JsonSchema,
  value: JsonValue | undefined,
  place: { root: JsonSchema; pointer: string },
): string[] {
  const node = describe(schema, place.root);
  const { root, pointer } = place;
  const below = (properties: [string, JsonSchema][]) =>
    properties.flatMap(([name, inner]) =>
      listPointers(inner, isJsonObject(value) ? value[name] : undefined, {
        root,
        pointer: joinPointer(pointer, name),
      }),
    );
  switch (node.kind) {
    case "object":
      return below(node.properties);
    case "union": {
      const tag = isJsonObject(value) ? value[node.tag] : undefined;
      const branch = node.branches.find((candidate) => candidate.tag === tag);
      const chosen = branch ? describe(branch.schema, root) : null;
      return [pointer, ...(chosen?.kind === "object" ? below(chosen.properties) : [])];
    }
    case "nullable":
      return value === null || value === undefined
        ? [pointer]
        : [pointer, ...listPointers(node.inner, value, place)];
    case "constant":
      return [];
    case "enum":
    case "number":
    case "boolean":
    case "csv":
    case "text":
    case "list":
    case "json":
      return [pointer];
  }
}

export interface Located {
  /** By the pointer of the control that shows it. */
  atFields: ReadonlyMap<string, FieldIssue>;
  /** Those that no control can show. */
  elsewhere: FieldIssue[];
}

/** Gives each issue to its control, or to the nearest one around it, or to the top of the form. */
export function locateIssues(issues: readonly FieldIssue[], pointers: readonly string[]): Located {
  const known = new Set(pointers);
  const atFields = new Map<string, FieldIssue>();
  const elsewhere: FieldIssue[] = [];
  for (const issue of issues) {
    const home = nearest(issue.pointer, known);
    if (home === null) elsewhere.push(issue);
    else if (!atFields.has(home)) atFields.set(home, issue);
  }
  return { atFields, elsewhere };
}

function nearest(pointer: string, known: ReadonlySet<string>): string | null {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    if (known.has(at)) return at;
  }
  return null;
}
