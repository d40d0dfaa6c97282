import { Button, LinkButton } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { useWords } from "@/lib/useWords";
import type { ExperimentFilters } from "./queries";

/** Nothing to list: because nothing matches, or because nothing was started yet. */
export function EmptyList({ filters, onClear }: { filters: ExperimentFilters; onClear: () => void }) {
  const { t } = useWords();
  if (
    filters.state !== null ||
    filters.pipeline !== null ||
    filters.project !== null ||
    filters.isArchived ||
    filters.text !== ""
  ) {
    return (
      <EmptyState
        title={t("list.noMatch")}
        action={<Button onClick={onClear}>{t("list.clearFilters")}</Button>}
      >
        {t("list.noMatchText")}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={t("list.empty")}
      action={
        <LinkButton to="/new" look="primary">
          {t("nav.new")}
        </LinkButton>
      }
    >
      {t("list.emptyText")}
    </EmptyState>
  );
}
