import type { TFunction } from "i18next";
import { i18n } from "./i18n";

/**
 * Words for a code that the server chose, such as a metric's name or a warning's code; null when the locales do not
 * know it. Keys cannot hold dots, so they stand as underscores.
 */
export function findWords(
  t: TFunction,
  { group, code, params = {} }: { group: string; code: string; params?: Record<string, string> },
): string | null {
  const key = `${group}.${code.replaceAll(".", "_")}`;
  if (code === "" || !i18n.exists(key)) return null;
  // the typed keys end here: this key is only known at run time, and was just looked up
  const words: unknown = (t as (key: string, params: Record<string, string>) => unknown)(key, params);
  return typeof words === "string" ? words : null;
}
