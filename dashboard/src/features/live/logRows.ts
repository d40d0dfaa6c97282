import type { LogRecord } from "@/lib/api/schema.gen";

/** The least serious level that is shown. */
export type LeastLevel = "info" | "warning" | "error";

const RANKS: Record<string, number> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };

/** One line of the screen; a record of several lines has its time and level on the first. */
export interface LogRow {
  key: string;
  record: LogRecord;
  text: string;
  isFirst: boolean;
}

/** Levels that nobody knows yet are shown as information. */
function rankOf(level: string): number {
  return RANKS[level] ?? 1;
}

export function isAtLeast({ level }: LogRecord, least: LeastLevel): boolean {
  return rankOf(level) >= rankOf(least);
}

export function isSerious({ level }: LogRecord): boolean {
  return rankOf(level) >= rankOf("warning");
}

export function toRows(records: readonly LogRecord[]): LogRow[] {
  return records.flatMap((record) =>
    record.message.split("\n").map((text, line) => ({
      key: `${record.attempt}:${record.n}:${line}`,
      record,
      text,
      isFirst: line === 0,
    })),
  );
}

/** As it is copied: what a file of the same log would hold. */
export function toText(records: readonly LogRecord[]): string {
  return records
    .map(({ ts, level, logger, message }) =>
      [ts ?? "", level.toUpperCase(), logger === "" ? "" : `${logger}:`, message]
        .filter((part) => part !== "")
        .join(" "),
    )
    .join("\n");
}
