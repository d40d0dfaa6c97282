import { useParams } from "react-router";
import { ForkExperiment } from "@/features/new-experiment/ForkExperiment";
import { useWords } from "@/lib/useWords";
import { PageHead } from "./PageHead";

export function ForkPage() {
  const { t } = useWords();
  const { id = "" } = useParams();
  return (
    <>
      <PageHead title={t("fork.title")} lead={t("fork.lead")} />
      <ForkExperiment key={id} id={id} />
    </>
  );
}
