import { useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router";
import { useSession } from "@/features/session/queries";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import { useWords } from "@/lib/useWords";
import { Door } from "./Door";
import { TopBar } from "./TopBar";

/** The frame of every page. Nothing is asked of the API before somebody is signed in. */
export function AppShell() {
  const { t } = useWords();
  const session = useSession();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  // a new page is announced by moving the focus to its start, as a browser does for a full load
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);

  if (session.data === null) {
    return <Door onSignedInPath={pathname} />;
  }
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50 focus:rounded-md focus:bg-azure focus:px-4 focus:py-2.5 focus:font-semibold focus:text-on-azure"
      >
        {t("nav.skip")}
      </a>
      <TopBar session={session.data ?? null} />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-[84rem] px-4 pt-6 pb-16 outline-none sm:px-6 lg:px-8"
      >
        {session.isPending && <Skeleton label={t("common.loading")} />}
        {session.isError && <ProblemNotice error={session.error} onRetry={() => void session.refetch()} />}
        {session.data && <Outlet />}
      </main>
    </>
  );
}
