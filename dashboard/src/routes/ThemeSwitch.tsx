import { chooseTheme, useThemeChoice, type ThemeChoice } from "@/lib/theme";
import { useWords } from "@/lib/useWords";

const NEXT: Record<ThemeChoice, ThemeChoice> = { system: "light", light: "dark", dark: "system" };

/** One button through system, light and dark; its name says what is on now. */
export function ThemeSwitch() {
  const { t } = useWords();
  const choice = useThemeChoice();
  return (
    <button
      type="button"
      title={t(`theme.${choice}`)}
      aria-label={t("theme.label", { theme: t(`theme.${choice}`) })}
      onClick={() => chooseTheme(NEXT[choice])}
      className="inline-flex size-9 items-center justify-center rounded-md border border-line bg-sunken text-soft hover:text-ink"
    >
      <ThemeIcon choice={choice} />
    </button>
  );
}

function ThemeIcon({ choice }: { choice: ThemeChoice }) {
  const shapes: Record<ThemeChoice, string> = {
    system: "M12 4a8 8 0 1 0 0 16ZM12 4a8 8 0 0 1 0 16",
    light:
      "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
    dark: "M19.5 14.4A8 8 0 0 1 9.6 4.5a8 8 0 1 0 9.9 9.9Z",
  };
  return (
    <svg
      viewBox="0 0 24 24"
      className="size-4.5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path
        d={shapes[choice]}
        fill={choice === "light" ? "none" : "currentColor"}
        fillOpacity={choice === "system" ? 0.35 : 0.2}
      />
    </svg>
  );
}
