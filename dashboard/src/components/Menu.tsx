import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

export interface MenuItem {
  label: string;
  onChoose: () => void;
  isDanger?: boolean;
  /** Why it cannot be chosen now; it stays readable, so that nobody looks for it in vain. */
  reason?: string | undefined;
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  children: ReactNode;
}

/** A button that opens a list of actions. Arrow keys move, Escape and a press elsewhere close. */
export function Menu({ label, items, children }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    list.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const closeOutside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setIsOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [isOpen]);

  const close = () => {
    setIsOpen(false);
    trigger.current?.focus();
  };
  const choose = (item: MenuItem) => {
    if (item.reason !== undefined) return;
    close();
    item.onChoose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.preventDefault();
      close();
      return;
    }
    const found = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const next = placeAfter(event.key, {
      at: found.indexOf(document.activeElement as HTMLElement),
      count: found.length,
    });
    if (next === null) return;
    event.preventDefault();
    found[next]?.focus();
  };

  return (
    <div ref={root} className="relative">
      <button
        ref={trigger}
        type="button"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen((open) => !open)}
        className="inline-flex min-h-10 items-center justify-center gap-2 rounded-md border border-line-strong bg-surface px-3 text-sm font-semibold text-ink hover:bg-sunken"
      >
        {children}
      </button>
      {isOpen && (
        <ul
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          onKeyDown={onKeyDown}
          className="absolute right-0 z-30 mt-1.5 w-max max-w-[min(22rem,calc(100vw-2rem))] min-w-52 rounded-md border border-line bg-raised p-1 shadow-card"
        >
          {items.map((item) => (
            <li key={item.label} role="none">
              <button
                type="button"
                role="menuitem"
                tabIndex={-1}
                aria-disabled={item.reason !== undefined || undefined}
                onClick={() => choose(item)}
                className={`block w-full rounded-sm px-3 py-2 text-left text-sm font-medium hover:bg-sunken focus:bg-sunken aria-disabled:opacity-60 ${item.isDanger ? "text-bad" : "text-ink"}`}
              >
                {item.label}
                {item.reason !== undefined && (
                  <span className="block text-xs font-normal text-soft">{item.reason}</span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Where a key leads in a list that has no end; null for a key that leads nowhere. */
function placeAfter(key: string, { at, count }: { at: number; count: number }): number | null {
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
