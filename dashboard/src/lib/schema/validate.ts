import type { JsonValue } from "@/lib/api/schema.gen";
import { describe, resolve, type FieldNode, type JsonSchema } from "./document";
import { asText, isJsonObject, joinPointer } from "./pointer";

/** One wrong field, in the vocabulary of the API's own problems, so that both are shown by the same words. */
export interface FieldIssue {
  pointer: string;
  code: string;
  params: Record<string, string | number | boolean | string[] | null>;
  /** The server's sentence, shown when this interface does not know the code. */
  message?: string;
}

interface Place {
  root: JsonSchema;
  pointer: string;
}

/**
 * What can be known before the server is asked. The server decides: this is courtesy, so a schema keyword that is
 * not understood here passes.
 */
export function validate(schema: JsonSchema, value: JsonValue | undefined, place: Place): FieldIssue[] {
  const node = describe(schema, place.root);
  if (value === undefined || value === "") {
    return isEmptyAllowed(node, value) ? [] : [issue(place, "required")];
  }
  return validateNode(node, value, place);
}

function validateNode(node: FieldNode, value: JsonValue, place: Place): FieldIssue[] {
  switch (node.kind) {
    case "object":
      return validateObject(node, value, place);
    case "union":
      return validateUnion(node, value, place);
    case "nullable":
      return value === null ? [] : validate(node.inner, value, place);
    case "enum":
      return node.values.includes(value)
        ? []
        : [issue(place, "enum", { choices: node.values.map((choice) => asText(choice)) })];
    case "number":
      return validateNumber(node, value, place);
    case "boolean":
      return typeof value === "boolean" ? [] : [issue(place, "type", { expected: "boolean" })];
    case "csv":
    case "text":
      return validateText(node.schema, value, place);
    case "list":
      return validateList(node, value, place);
    case "constant":
    case "json":
      return [];
  }
}

function validateObject(
  node: Extract<FieldNode, { kind: "object" }>,
  value: JsonValue,
  { root, pointer }: Place,
): FieldIssue[] {
  if (!isJsonObject(value)) return [issue({ root, pointer }, "type", { expected: "object" })];
  const required = new Set(node.schema.required);
  return node.properties.flatMap(([name, schema]) => {
    const at = { root, pointer: joinPointer(pointer, name) };
    const inner = value[name];
    if (inner === undefined && !required.has(name) && resolve(schema, root).default !== undefined) return [];
    return validate(schema, inner, at);
  });
}

function validateUnion(
  node: Extract<FieldNode, { kind: "union" }>,
  value: JsonValue,
  place: Place,
): FieldIssue[] {
  const tag = isJsonObject(value) ? value[node.tag] : undefined;
  const branch = node.branches.find((candidate) => candidate.tag === tag);
  if (!branch) return [issue(place, "enum", { choices: node.branches.map((candidate) => candidate.tag) })];
  return validate(branch.schema, value, place);
}

function validateNumber(
  { schema, isInteger }: Extract<FieldNode, { kind: "number" }>,
  value: JsonValue,
  place: Place,
): FieldIssue[] {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return [issue(place, "type", { expected: isInteger ? "integer" : "number" })];
  }
  if (isInteger && !Number.isInteger(value)) return [issue(place, "type", { expected: "integer" })];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && value < minimum) return [issue(place, "minimum", { limit: minimum })];
  if (maximum !== undefined && value > maximum) return [issue(place, "maximum", { limit: maximum })];
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return [issue(place, "exclusive_minimum", { limit: exclusiveMinimum })];
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return [issue(place, "exclusive_maximum", { limit: exclusiveMaximum })];
  return [];
}

function validateText(schema: JsonSchema, value: JsonValue, place: Place): FieldIssue[] {
  if (typeof value !== "string") return [issue(place, "type", { expected: "string" })];
  const length = Array.from(value).length;
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && length < minLength)
    return [issue(place, "min_length", { limit: minLength })];
  if (maxLength !== undefined && length > maxLength)
    return [issue(place, "max_length", { limit: maxLength })];
  return pattern !== undefined && !matches(pattern, value) ? [issue(place, "pattern", { pattern })] : [];
}

function validateList(
  { schema, items }: Extract<FieldNode, { kind: "list" }>,
  value: JsonValue,
  { root, pointer }: Place,
): FieldIssue[] {
  const place = { root, pointer };
  if (!Array.isArray(value)) return [issue(place, "type", { expected: "array" })];
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    return [issue(place, "min_items", { limit: minItems })];
  if (maxItems !== undefined && value.length > maxItems)
    return [issue(place, "max_items", { limit: maxItems })];
  return value.flatMap((item, index) =>
    validate(items, item, { root, pointer: joinPointer(pointer, index) }),
  );
}

/** Patterns are written for Python; one that this engine cannot read is left to the server. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function isEmptyAllowed(node: FieldNode, value: JsonValue | undefined): boolean {
  if (node.kind === "nullable" || node.kind === "constant" || node.kind === "json") return true;
  return node.kind === "text" && value === "" && (node.schema.minLength ?? 0) === 0;
}

function issue(place: Place, code: string, params: FieldIssue["params"] = {}): FieldIssue {
  return { pointer: place.pointer, code, params };
}
