import { Account } from "@/features/account/Account";
import { useSession } from "@/features/session/queries";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function AccountPage() {
  const { t } = useWords();
  const user = useSession().data?.user ?? "";
  return (
    <>
      <PageHead title={t("account.title")} lead={t("account.lead", { user })} />
      <Account user={user} />
    </>
  );
}
