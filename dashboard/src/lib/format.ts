import type { Language } from "./i18n";

const LOCALE: Record<Language, string> = { tr: "tr-TR", en: "en-GB" };
const DASH = "–";
// the narrow Turkish forms are ambiguous: "1d" could be a minute or a day
const DURATION_STYLE: Record<Language, "short" | "narrow"> = { tr: "short", en: "narrow" };

export interface Formats {
  integer: (value: number) => string;
  /** A measured value with as many digits as it deserves; a dash when there is none. */
  value: (value: number | null | undefined, digits?: number) => string;
  /** The same with four significant digits always, so that a column of them can be compared. */
  measure: (value: number | null | undefined) => string;
  /** The numbers along an axis, all with as many decimals as the finest of them needs. */
  ticks: (values: readonly number[]) => string[];
  percent: (ratio: number, digits?: number) => string;
  bytes: (value: number) => string;
  duration: (seconds: number) => string;
  dateTime: (iso: string) => string;
  day: (iso: string) => string;
  clock: (iso: string) => string;
  ago: (iso: string, nowMs: number) => string;
}

export function createFormats(language: Language): Formats {
  const locale = LOCALE[language];
  const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  return {
    integer: (value) => integer.format(value),
    value: (value, digits = 4) => formatValue(value, { locale, digits }),
    measure: (value) => formatValue(value, { locale, digits: 4, isFixed: true }),
    ticks: (values) => formatTicks(values, locale),
    percent: (ratio, digits = 0) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(ratio),
    bytes: (value) => formatBytes(value, locale),
    duration: (seconds) => formatDuration(seconds, language),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    clock: (iso) => clock.format(new Date(iso)),
    day: (text) => formatDay(text, day),
    ago: (iso, nowMs) => formatAgo((Date.parse(iso) - nowMs) / 1000, relative),
  };
}

function formatValue(
  value: number | null | undefined,
  { locale, digits, isFixed = false }: { locale: string; digits: number; isFixed?: boolean },
): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7))
    return new Intl.NumberFormat(locale, { notation: "scientific", maximumFractionDigits: 2 }).format(value);
  const options: Intl.NumberFormatOptions =
    size >= 1000
      ? { maximumFractionDigits: 1 }
      : { maximumSignificantDigits: digits, ...(isFixed && { minimumSignificantDigits: digits }) };
  return new Intl.NumberFormat(locale, options).format(value);
}

function formatTicks(values: readonly number[], locale: string): string[] {
  const sizes = values.map(Math.abs).filter((size) => size !== 0);
  if (sizes.some((size) => size < 1e-4 || size >= 1e7))
    return values.map((value) => formatValue(value, { locale, digits: 4 }));
  const decimals = Math.max(0, ...values.map(countDecimals));
  const number = new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return values.map((value) => number.format(value));
}

/** What is left of a decimal number when the noise of binary ones is taken away. */
function countDecimals(value: number): number {
  return (/\.(\d+)$/.exec(String(Number(value.toPrecision(10))))?.[1] ?? "").length;
}

function formatBytes(value: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[step],
    unitDisplay: "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(value / 1000 ** step);
}

function formatDuration(seconds: number, language: Language): string {
  const part = (value: number, unit: "hour" | "minute" | "second", digits = 0) =>
    new Intl.NumberFormat(LOCALE[language], {
      style: "unit",
      unit,
      unitDisplay: DURATION_STYLE[language],
      maximumFractionDigits: digits,
    }).format(value);
  if (seconds < 10) return part(Math.max(0, seconds), "second", 1);
  const whole = Math.round(seconds);
  if (whole < 60) return part(whole, "second");
  if (whole < 3600) return `${part(Math.floor(whole / 60), "minute")} ${part(whole % 60, "second")}`;
  return `${part(Math.floor(whole / 3600), "hour")} ${part(Math.floor((whole % 3600) / 60), "minute")}`;
}

/** Dates become the person's own; anything else (an index, a name) stays as it is. */
function formatDay(text: string, day: Intl.DateTimeFormat): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return text;
  const time = Date.parse(text.slice(0, 10));
  return Number.isNaN(time) ? text : day.format(time);
}

function formatAgo(seconds: number, relative: Intl.RelativeTimeFormat): string {
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(Math.round(seconds), "second");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}
