import { AuditLog } from "@/features/audit/AuditLog";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function AuditPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("audit.title")} lead={t("audit.lead")} />
      <AuditLog />
    </>
  );
}
