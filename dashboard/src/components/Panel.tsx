import { useId, type ReactNode } from "react";

/** A titled region of a page. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="panel min-w-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-5 pt-4">
        <h2 id={id} className="text-base">
          {title}
        </h2>
        {aside}
      </div>
      <div className="px-5 pt-3 pb-5">{children}</div>
    </section>
  );
}
