interface ProgressBarProps {
  /** 0 to 1. */
  ratio: number;
  label: string;
  valueText: string;
  isQuiet?: boolean;
}

/** The temper scale: the bar shows as much of the colours of cooling steel as work is done. */
export function ProgressBar({ ratio, label, valueText, isQuiet = false }: ProgressBarProps) {
  const share = Math.min(1, Math.max(0, ratio));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={valueText}
      className={`w-full overflow-hidden rounded-full bg-sunken ${isQuiet ? "h-1.5" : "h-2.5"}`}
    >
      <div
        className="temper h-full rounded-full transition-[clip-path] duration-500"
        style={{ clipPath: `inset(0 ${(1 - share) * 100}% 0 0 round 99px)` }}
      />
    </div>
  );
}
