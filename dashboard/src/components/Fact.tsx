import type { ReactNode } from "react";

interface FactProps {
  name: string;
  children: ReactNode;
  /** Takes a line of its own in a grid of facts. */
  isWide?: boolean;
}

/** One named value inside a `<dl>`. */
export function Fact({ name, children, isWide = false }: FactProps) {
  return (
    <div className={isWide ? "col-span-full min-w-0" : "min-w-0"}>
      <dt className="eyebrow">{name}</dt>
      <dd className="numeric mt-0.5 text-sm break-words">{children}</dd>
    </div>
  );
}
