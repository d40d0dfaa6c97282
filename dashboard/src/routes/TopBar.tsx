import { Link, NavLink } from "react-router";
import { LinkButton } from "@/components/Button";
import { Mark } from "@/components/Mark";
import type { SessionRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { AccountMenu } from "./AccountMenu";
import { LanguageSwitch } from "./LanguageSwitch";
import { ThemeSwitch } from "./ThemeSwitch";

const TAB =
  "inline-flex min-h-10 items-center border-b-2 border-transparent px-1 text-sm font-semibold text-soft hover:text-ink aria-[current=page]:border-azure aria-[current=page]:text-ink";

export function TopBar({ session }: { session: SessionRead | null }) {
  const { t } = useWords();
  return (
    <header className="border-b border-line bg-surface/85 backdrop-blur">
      <div className="temper h-0.5" aria-hidden="true" />
      <div className="mx-auto flex max-w-[84rem] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6 lg:px-8">
        <Link to="/" className="flex items-center gap-2.5">
          <Mark />
          <span className="font-display text-lg font-bold tracking-tight">
            {t("app.azura")}
            <span className="text-azure">{t("app.forge")}</span>
          </span>
        </Link>
        <div className="flex items-center justify-between max-sm:order-last max-sm:w-full">
          <nav aria-label={t("nav.main")} className="flex gap-5">
            <NavLink to="/" end className={TAB}>
              {t("nav.experiments")}
            </NavLink>
            <NavLink to="/system" className={TAB}>
              {t("nav.system")}
            </NavLink>
          </nav>
        </div>
        <div className="ml-auto flex items-center gap-2">
          <LanguageSwitch />
          <ThemeSwitch />
          {session && <AccountMenu session={session} />}
          <span className="max-md:hidden">
            <LinkButton to="/new" look="primary">
              {t("nav.new")}
            </LinkButton>
          </span>
        </div>
      </div>
    </header>
  );
}
