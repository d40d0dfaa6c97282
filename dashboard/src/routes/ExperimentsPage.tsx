import { LinkButton } from "@/components/Button";
import { ExperimentList } from "@/features/experiments/ExperimentList";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function ExperimentsPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead
        title={t("nav.experiments")}
        lead={t("list.lead")}
        action={
          <span className="md:hidden">
            <LinkButton to="/new" look="primary">
              {t("nav.new")}
            </LinkButton>
          </span>
        }
      />
      <ExperimentList />
    </>
  );
}
