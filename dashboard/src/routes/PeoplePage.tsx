import { People } from "@/features/people/People";
import { useSession } from "@/features/session/queries";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function PeoplePage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("people.title")} lead={t("people.lead")} />
      <People me={useSession().data?.user_id ?? ""} />
    </>
  );
}
