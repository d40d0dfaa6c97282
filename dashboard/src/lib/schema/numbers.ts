import type { Language } from "@/lib/i18n";

/**
 * What a person typed as a number: `0,001` in Turkish and `0.001` anywhere. Text that is no number comes back as it
 * is, so that it stays in the field and the rule that refuses it can say so.
 */
export function parseNumber(text: string, language: Language): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const plain = language === "tr" && !trimmed.includes(".") ? trimmed.replace(",", ".") : trimmed;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return text;
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}

export function showNumber(value: number | string | undefined, language: Language): string {
  if (value === undefined) return "";
  const text = String(value);
  return language === "tr" && typeof value === "number" && !text.includes("e")
    ? text.replace(".", ",")
    : text;
}
