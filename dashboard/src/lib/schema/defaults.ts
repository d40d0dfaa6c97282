import type { JsonValue } from "@/lib/api/schema.gen";
import { describe, resolve, type JsonSchema } from "./document";

/** The value a form starts with. Required fields without a default start empty, and say so when submitted. */
export function defaultOf(schema: JsonSchema, root: JsonSchema): JsonValue | undefined {
  const whole = resolve(schema, root);
  const node = describe(schema, root);
  if (whole.default !== undefined && node.kind !== "object")
    return fillDefault(whole.default, { schema, root });
  switch (node.kind) {
    case "object":
      return objectDefaults(node.properties, { root, given: whole.default });
    case "union": {
      const [first] = node.branches;
      return first ? defaultOf(first.schema, root) : undefined;
    }
    case "constant":
      return node.value;
    case "boolean":
      return false;
    case "nullable":
      return null;
    case "list":
      return [];
    case "enum":
    case "number":
    case "csv":
    case "text":
    case "json":
      return undefined;
  }
}

function objectDefaults(
  properties: [string, JsonSchema][],
  { root, given }: { root: JsonSchema; given: JsonValue | undefined },
): JsonValue {
  const stated = typeof given === "object" && given !== null && !Array.isArray(given) ? given : {};
  const values: Record<string, JsonValue> = {};
  for (const [name, schema] of properties) {
    const value = stated[name] ?? defaultOf(schema, root);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** A union's default often names only its tag; the rest comes from that branch. */
function fillDefault(
  value: JsonValue,
  { schema, root }: { schema: JsonSchema; root: JsonSchema },
): JsonValue {
  const node = describe(schema, root);
  if (node.kind !== "union" || typeof value !== "object" || value === null || Array.isArray(value))
    return value;
  const branch = node.branches.find(({ tag }) => tag === value[node.tag]);
  const base = branch ? defaultOf(branch.schema, root) : {};
  return typeof base === "object" && base !== null && !Array.isArray(base) ? { ...base, ...value } : value;
}
