import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { LogRecord } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { isSerious, toRows, type LogRow } from "./logRows";

const ROW_PX = 22;
const HEIGHT_PX = 320;
const OVERSCAN = 8;

interface LogLinesProps {
  records: readonly LogRecord[];
  isFollowing: boolean;
  onFollow: (isFollowing: boolean) => void;
}

/** Only the lines in sight are in the document, so ten thousand cost what thirty do. */
export function LogLines({ records, isFollowing, onFollow }: LogLinesProps) {
  const { t } = useWords();
  const holder = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const rows = useMemo(() => toRows(records), [records]);
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + HEIGHT_PX) / ROW_PX) + OVERSCAN);

  useLayoutEffect(() => {
    const element = holder.current;
    if (element && isFollowing) element.scrollTop = element.scrollHeight;
  }, [rows, isFollowing]);

  const scrolled = () => {
    const element = holder.current;
    if (!element) return;
    setTop(element.scrollTop);
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW_PX;
    if (isAtEnd !== isFollowing) onFollow(isAtEnd);
  };

  return (
    <div
      ref={holder}
      role="log"
      aria-live="off"
      aria-label={t("output.logs")}
      tabIndex={0}
      onScroll={scrolled}
      style={{ maxHeight: HEIGHT_PX }}
      className="relative overflow-auto rounded-md border border-line bg-sunken py-1 text-xs"
    >
      <ol style={{ height: rows.length * ROW_PX }} className="relative w-max min-w-full">
        {rows.slice(first, last).map((row, index) => (
          <Row key={row.key} row={row} place={first + index} total={rows.length} />
        ))}
      </ol>
    </div>
  );
}

function Row({ row, place, total }: { row: LogRow; place: number; total: number }) {
  const { format } = useWords();
  const { record, text, isFirst } = row;
  const tone =
    record.level === "error" || record.level === "critical"
      ? "text-bad"
      : isSerious(record)
        ? "text-ember"
        : "text-ink";
  return (
    <li
      aria-setsize={total}
      aria-posinset={place + 1}
      title={record.logger}
      style={{ top: place * ROW_PX, height: ROW_PX }}
      className="numeric absolute left-0 flex gap-3 px-3 leading-[22px] whitespace-pre"
    >
      <span className="w-20 shrink-0 text-faint">
        {isFirst && record.ts !== null ? format.clock(record.ts) : ""}
      </span>
      <span className={`w-16 shrink-0 ${tone}`}>{isFirst ? record.level : ""}</span>
      <bdi className={tone}>{text}</bdi>
    </li>
  );
}
