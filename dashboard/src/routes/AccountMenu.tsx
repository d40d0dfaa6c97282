import { useNavigate } from "react-router";
import { Menu, type MenuItem } from "@/components/Menu";
import { useSignOut } from "@/features/session/queries";
import type { SessionRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** Who is signed in, and the pages that belong to people rather than to experiments. */
export function AccountMenu({ session }: { session: SessionRead }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const go = (label: string, path: string): MenuItem => ({ label, onChoose: () => void navigate(path) });
  const items: MenuItem[] = [
    go(t("nav.account"), "/account"),
    go(t("nav.projects"), "/projects"),
    ...(session.is_admin ? [go(t("nav.people"), "/people"), go(t("nav.audit"), "/audit")] : []),
    {
      label: t("nav.signOut"),
      onChoose: () => signOut.mutate(undefined, { onSuccess: () => void navigate("/") }),
    },
  ];
  return (
    <Menu label={t("nav.accountOf", { user: session.user })} items={items}>
      <span
        aria-hidden="true"
        className="inline-flex size-6 items-center justify-center rounded-full bg-azure text-xs font-bold text-on-azure"
      >
        {session.user.slice(0, 1).toLocaleUpperCase()}
      </span>
      <span className="max-w-32 truncate max-sm:sr-only">{session.user}</span>
    </Menu>
  );
}
