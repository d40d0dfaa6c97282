import type { FieldPresentation, JsonValue, Localized } from "@/lib/api/schema.gen";

/** The part of JSON Schema 2020-12 that pydantic writes and the form reads. */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: JsonValue;
  const?: JsonValue;
  enum?: JsonValue[];
  examples?: JsonValue[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  contentMediaType?: string;
  "x-azf"?: Partial<FieldPresentation>;
}

/** What a schema means to a form. Every kind has one control. */
export type FieldNode =
  | { kind: "object"; schema: JsonSchema; properties: [string, JsonSchema][] }
  | { kind: "union"; schema: JsonSchema; tag: string; branches: UnionBranch[] }
  | { kind: "enum"; schema: JsonSchema; values: JsonValue[] }
  | { kind: "number"; schema: JsonSchema; isInteger: boolean }
  | { kind: "boolean"; schema: JsonSchema }
  | { kind: "csv"; schema: JsonSchema }
  | { kind: "text"; schema: JsonSchema }
  | { kind: "list"; schema: JsonSchema; items: JsonSchema }
  | { kind: "constant"; schema: JsonSchema; value: JsonValue }
  | { kind: "nullable"; schema: JsonSchema; inner: JsonSchema }
  | { kind: "json"; schema: JsonSchema };

export interface UnionBranch {
  tag: string;
  schema: JsonSchema;
}

const MAX_REFERENCES = 32;

/** Follows `$ref` and a lone `allOf`; keywords beside them win, as 2020-12 lets them stand together. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let count = 0; count < MAX_REFERENCES; count += 1) {
    const { $ref, allOf, ...beside } = current;
    if ($ref !== undefined) current = { ...find($ref, root), ...beside };
    else if (allOf?.length === 1) current = { ...allOf[0], ...beside };
    else return current;
  }
  throw new Error(`$ref goes round in circles: ${schema.$ref ?? ""}`);
}

function find(reference: string, root: JsonSchema): JsonSchema {
  const name = reference.replace(/^#\/\$defs\//, "");
  const found = root.$defs?.[name];
  if (found === undefined) throw new Error(`The schema has no definition named ${name}.`);
  return found;
}

export function describe(schema: JsonSchema, root: JsonSchema): FieldNode {
  const whole = resolve(schema, root);
  const union = describeUnion(whole, root);
  if (union) return union;
  if (whole.const !== undefined) return { kind: "constant", schema: whole, value: whole.const };
  if (whole.enum) return { kind: "enum", schema: whole, values: whole.enum };
  if (Array.isArray(whole.type)) return describeTypes(whole, whole.type);
  return describeType(whole);
}

function describeType(schema: JsonSchema): FieldNode {
  switch (schema.type) {
    case "object":
      if (!schema.properties) return { kind: "json", schema };
      return { kind: "object", schema, properties: Object.entries(schema.properties) };
    case "integer":
    case "number":
      return { kind: "number", schema, isInteger: schema.type === "integer" };
    case "boolean":
      return { kind: "boolean", schema };
    case "string":
      return { kind: schema.contentMediaType === "text/csv" ? "csv" : "text", schema };
    case "array":
      return schema.items ? { kind: "list", schema, items: schema.items } : { kind: "json", schema };
    case undefined:
    default:
      return { kind: "json", schema };
  }
}

function describeTypes(schema: JsonSchema, types: string[]): FieldNode {
  const [only, ...others] = types.filter((type) => type !== "null");
  if (only === undefined || others.length > 0) return { kind: "json", schema };
  if (!types.includes("null")) return describeType({ ...schema, type: only });
  return { kind: "nullable", schema, inner: { ...schema, type: only } };
}

function describeUnion(schema: JsonSchema, root: JsonSchema): FieldNode | null {
  const options = schema.oneOf ?? schema.anyOf;
  if (!options) return null;
  const { oneOf: _one, anyOf: _any, discriminator: _tag, ...beside } = schema;
  const solid = options.filter((option) => resolve(option, root).type !== "null");
  if (solid.length < options.length && solid.length > 0) {
    const inner: JsonSchema =
      solid.length === 1
        ? { ...solid[0], "x-azf": schema["x-azf"] ?? solid[0]?.["x-azf"] ?? {} }
        : { ...beside, oneOf: solid, ...(schema.discriminator && { discriminator: schema.discriminator }) };
    return { kind: "nullable", schema, inner };
  }
  const tag = schema.discriminator?.propertyName ?? guessTag(solid, root);
  if (tag === null) return { kind: "json", schema };
  const branches = solid.map((option) => ({ tag: tagOf(option, { name: tag, root }), schema: option }));
  if (branches.some((branch) => branch.tag === "")) return { kind: "json", schema };
  return { kind: "union", schema, tag, branches };
}

function guessTag(options: JsonSchema[], root: JsonSchema): string | null {
  const [first] = options;
  if (!first) return null;
  const names = Object.keys(resolve(first, root).properties ?? {});
  return names.find((name) => options.every((option) => tagOf(option, { name, root }) !== "")) ?? null;
}

function tagOf(option: JsonSchema, { name, root }: { name: string; root: JsonSchema }): string {
  const property = resolve(option, root).properties?.[name];
  if (!property) return "";
  const whole = resolve(property, root);
  const value = whole.const ?? (whole.enum?.length === 1 ? whole.enum[0] : undefined);
  return typeof value === "string" ? value : "";
}

/** Words of a field: `x-azf` where the pipeline gives it, else the schema's own English. */
export interface FieldWords {
  title: Localized;
  help: Localized | null;
  unit: string;
  isAdvanced: boolean;
  choices: Record<string, Localized>;
}

export function wordsOf(schema: JsonSchema, { name, root }: { name: string; root: JsonSchema }): FieldWords {
  const whole = resolve(schema, root);
  const given = schema["x-azf"] ?? whole["x-azf"] ?? {};
  const plain = whole.title ?? name.replaceAll("_", " ");
  const help = whole.description;
  return {
    title: given.title ?? { tr: plain, en: plain },
    help: given.help ?? (help === undefined ? null : { tr: help, en: help }),
    unit: given.unit ?? "",
    isAdvanced: given.is_advanced ?? false,
    choices: given.choices ?? {},
  };
}
