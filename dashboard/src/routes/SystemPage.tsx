import { SystemOverview } from "@/features/system/SystemOverview";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function SystemPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("nav.system")} lead={t("system.lead")} />
      <SystemOverview />
    </>
  );
}
