import { findWords } from "./findWords";
import type { Words } from "./useWords";

interface Said {
  group: string;
  code: string;
  params: Readonly<Record<string, unknown>>;
}

/**
 * The sentence that the server's code stands for, with its values in the person's number format; null where the
 * locales do not know it, and then the server's own English is what there is.
 */
export function saidWords({ group, code, params }: Said, { t, format }: Words): string | null {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    texts[name] =
      name.endsWith("_s") && typeof value === "number" ? format.duration(value) : asText(value, format);
  }
  const said = findWords(t, { group, code, params: texts });
  // a sentence with an unfilled hole comes from another version of the server
  return said === null || said.includes("{{") ? null : said;
}

function asText(value: unknown, format: Words["format"]): string {
  if (typeof value === "number") return format.value(value, 6);
  return Array.isArray(value) ? value.join(", ") : String(value);
}
