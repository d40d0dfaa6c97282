import type { ReactNode } from "react";

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  isHeading?: boolean;
}

/** Nothing here yet: an unlit forge, one sentence, one thing to do. */
export function EmptyState({ title, children, action, isHeading = false }: EmptyStateProps) {
  const Title = isHeading ? "h1" : "h2";
  return (
    <div className="flex flex-col items-center gap-4 px-6 py-14 text-center">
      <svg viewBox="0 0 160 80" className="h-20 w-40" fill="none" aria-hidden="true">
        <path d="M8 68h144" className="stroke-line" strokeWidth="1.5" strokeDasharray="3 5" />
        <path d="M8 48h144M8 28h144" className="stroke-line" strokeWidth="1" strokeDasharray="1 7" />
        <path
          d="M14 12C26 44 44 58 74 62c26 3 48 3.4 72 3.6"
          stroke="url(#empty-temper)"
          strokeWidth="3"
          strokeLinecap="round"
        />
        <circle cx="14" cy="12" r="4.5" className="fill-straw" />
        <defs>
          <linearGradient id="empty-temper" x1="14" y1="0" x2="146" y2="0" gradientUnits="userSpaceOnUse">
            <stop offset="0" stopColor="var(--straw)" />
            <stop offset="0.3" stopColor="var(--ember)" />
            <stop offset="0.62" stopColor="var(--plum)" />
            <stop offset="1" stopColor="var(--azure)" />
          </linearGradient>
        </defs>
      </svg>
      <Title className="text-xl">{title}</Title>
      {children !== undefined && <div className="max-w-md text-soft">{children}</div>}
      {action}
    </div>
  );
}
