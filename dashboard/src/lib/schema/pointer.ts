import type { JsonValue } from "@/lib/api/schema.gen";

/** RFC 6901 pointers: `/source/csv`. The root is the empty string. */
export function joinPointer(parent: string, step: string | number): string {
  return `${parent}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export function splitPointer(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function readAt(value: JsonValue, pointer: string): JsonValue | undefined {
  let current: JsonValue | undefined = value;
  for (const step of splitPointer(pointer)) {
    if (Array.isArray(current)) current = current[Number(step)];
    else if (isJsonObject(current)) current = current[step];
    else return undefined;
  }
  return current;
}

/** A copy of `value` with `next` at `pointer`; objects on the way are made, nothing is changed in place. */
export function writeAt(value: JsonValue, pointer: string, next: JsonValue | undefined): JsonValue {
  const [step, ...rest] = splitPointer(pointer);
  if (step === undefined) return next ?? null;
  const below = rest.reduce(joinPointer, "");
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === step ? writeAt(item, below, next) : item));
  }
  const copy: Record<string, JsonValue> = { ...(isJsonObject(value) ? value : {}) };
  if (rest.length === 0 && next === undefined) {
    return Object.fromEntries(Object.entries(copy).filter(([key]) => key !== step));
  }
  copy[step] = writeAt(copy[step] ?? {}, below, next);
  return copy;
}

export function isJsonObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in one line of text, such as a choice that has no words of its own. */
export function asText(value: JsonValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
