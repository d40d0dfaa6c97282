import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "react-router";

type Look = "primary" | "plain" | "danger" | "quiet";

const SHAPE =
  "inline-flex min-h-10 items-center justify-center gap-2 rounded-md px-4 py-2 text-sm font-semibold whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55";
const LOOKS: Record<Look, string> = {
  primary: "bg-azure text-on-azure enabled:hover:bg-azure-strong [a&]:hover:bg-azure-strong",
  plain: "border border-line-strong bg-surface text-ink enabled:hover:bg-sunken [a&]:hover:bg-sunken",
  danger: "border border-bad bg-surface text-bad enabled:hover:bg-bad-wash",
  quiet: "text-soft enabled:hover:bg-sunken enabled:hover:text-ink [a&]:hover:bg-sunken",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  /** Shown as busy: still focusable, so that a screen reader keeps its place, but a press does nothing. */
  isBusy?: boolean;
}

export function Button({
  look = "plain",
  isBusy = false,
  type = "button",
  onClick,
  className = "",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      aria-disabled={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
      className={`${SHAPE} ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}

export function LinkButton({
  to,
  look = "plain",
  children,
}: {
  to: string;
  look?: Look;
  children: ReactNode;
}) {
  return (
    <Link to={to} className={`${SHAPE} ${LOOKS[look]}`}>
      {children}
    </Link>
  );
}

export function DownloadButton({
  href,
  children,
  name,
}: {
  href: string;
  children: ReactNode;
  name: string;
}) {
  return (
    <a href={href} download={name} className={`${SHAPE} ${LOOKS.plain}`}>
      {children}
    </a>
  );
}
