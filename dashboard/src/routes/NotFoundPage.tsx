import { LinkButton } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { useWords } from "@/lib/useWords";

export function NotFoundPage() {
  const { t } = useWords();
  return (
    <EmptyState
      isHeading
      title={t("notFound.title")}
      action={<LinkButton to="/">{t("notFound.home")}</LinkButton>}
    >
      {t("notFound.text")}
    </EmptyState>
  );
}
