import type { JsonValue } from "./api/schema.gen";
import { isJsonObject } from "./schema/pointer";

/** The JSON merge patch (RFC 7396) that turns `before` into `after`; undefined where nothing differs. */
export function mergePatch(before: JsonValue, after: JsonValue): JsonValue | undefined {
  if (!isJsonObject(before) || !isJsonObject(after)) return isSame(before, after) ? undefined : after;
  const patch: Record<string, JsonValue> = {};
  for (const name of Object.keys(before)) if (!(name in after)) patch[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    const change = old === undefined ? value : mergePatch(old, value);
    if (change !== undefined) patch[name] = change;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
