import { NewExperiment } from "@/features/new-experiment/NewExperiment";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function NewExperimentPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("form.title")} lead={t("form.lead")} />
      <NewExperiment />
    </>
  );
}
