import type { ReactNode } from "react";

type Kind = "info" | "warning" | "problem";

const LOOKS: Record<Kind, string> = {
  info: "border-azure/40 bg-azure-wash",
  warning: "border-straw/60 bg-ember-wash",
  problem: "border-bad/50 bg-bad-wash",
};

interface NoticeProps {
  kind?: Kind;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** A sentence that matters now. Problems interrupt a screen reader, the others wait their turn. */
export function Notice({ kind = "info", title, children, action }: NoticeProps) {
  return (
    <div
      role={kind === "problem" ? "alert" : "status"}
      className={`flex flex-wrap items-start justify-between gap-3 rounded-md border px-4 py-3 text-sm ${LOOKS[kind]}`}
    >
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-semibold text-ink">{title}</p>
        {children !== undefined && <div className="mt-0.5 text-soft">{children}</div>}
      </div>
      {action}
    </div>
  );
}
