import { Link } from "react-router";
import { CodeValue } from "@/components/CodeValue";
import { Notice } from "@/components/Notice";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Skeleton } from "@/components/Skeleton";
import type { Difference, ExperimentRead, ProofRead } from "@/lib/api/schema.gen";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";
import { useProof } from "./queries";

/** A proof is an experiment run again: this says whether the two are one training, bit for bit. */
export function ProofPanel({ experiment }: { experiment: ExperimentRead }) {
  if (experiment.origin !== "proof" || experiment.parent === null) return null;
  return <Proof id={experiment.parent} other={experiment.task_id} state={experiment.state} />;
}

function Proof({ id, other, state }: { id: string; other: string; state: string }) {
  const { t } = useWords();
  const proof = useProof(id, { other, state });
  return (
    <Panel title={t("proof.title")}>
      {proof.isPending && <Skeleton label={t("common.loading")} rows={2} />}
      {proof.isError && <ProblemNotice error={proof.error} onRetry={() => void proof.refetch()} />}
      {proof.data && <Verdict proof={proof.data} />}
    </Panel>
  );
}

function Verdict({ proof }: { proof: ProofRead }) {
  const { t, format } = useWords();
  const { verdict, difference, provenance } = proof;
  return (
    <div className="flex flex-col gap-4">
      <Notice kind={verdict === "differs" ? "problem" : "info"} title={t(`proof.${verdict}`)}>
        <p>
          {t("proof.compared", {
            count: proof.epochs_compared,
            epochs: format.integer(proof.epochs_compared),
            layers: format.integer(proof.layers_compared),
          })}
        </p>
        {difference && <FirstDifference difference={difference} />}
        <p className="mt-1">
          <Link to={`/experiments/${proof.task_id}`} className="font-semibold text-azure hover:underline">
            {t("lineage.parent")}
          </Link>
        </p>
      </Notice>
      {provenance.length > 0 && (
        <div className="overflow-x-auto">
          <table className="w-full text-left text-sm">
            <caption className="pb-2 text-left text-soft">{t("proof.provenance")}</caption>
            <thead>
              <tr>
                <th scope="col" className="eyebrow py-1.5 pr-4">
                  {t("proof.fact")}
                </th>
                <th scope="col" className="eyebrow py-1.5 pr-4">
                  {t("proof.expected")}
                </th>
                <th scope="col" className="eyebrow py-1.5">
                  {t("proof.found")}
                </th>
              </tr>
            </thead>
            <tbody>
              {provenance.map(({ name, expected, found }) => (
                <tr key={name} className="border-t border-line align-top">
                  <th scope="row" className="py-2 pr-4 font-medium">
                    {findWords(t, { group: "provenance", code: name }) ?? name}
                  </th>
                  <td className="py-2 pr-4">
                    <CodeValue value={expected} />
                  </td>
                  <td className="py-2">
                    <CodeValue value={found} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function FirstDifference({ difference }: { difference: Difference }) {
  const { t, format } = useWords();
  const { epoch, layer, metric } = difference;
  const where = layer ?? metric ?? "";
  return (
    <p>
      {epoch === null
        ? t("proof.finalDiffers")
        : t("proof.firstDifference", { epoch: format.integer(epoch), where })}
    </p>
  );
}
