import { ProblemNotice } from "@/components/ProblemNotice";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";
import { useHealth } from "./queries";

const GOOD = new Set(["ok", "up", "ready", "current"]);

/** The parts that the server stands on, each with its own word and shape. */
export function HealthStrip() {
  const { t } = useWords();
  const health = useHealth();
  if (health.isError) return <ProblemNotice error={health.error} onRetry={() => void health.refetch()} />;
  if (!health.data) return null;
  const checks = Object.entries(health.data.checks);
  return (
    <section
      aria-label={t("system.health")}
      className="panel flex flex-wrap items-center gap-x-8 gap-y-3 px-5 py-4"
    >
      <p className="text-sm">
        <span className="text-faint">{t("system.version")}</span>{" "}
        <span className="numeric font-semibold">{health.data.version}</span>
      </p>
      <ul className="flex flex-wrap gap-x-8 gap-y-2 text-sm">
        {checks.map(([name, state]) => {
          const isGood = GOOD.has(state);
          return (
            <li key={name} className="flex items-center gap-2">
              <span
                className={`size-2 ${isGood ? "rounded-full bg-azure" : "rotate-45 bg-bad"}`}
                aria-hidden="true"
              />
              <span className="text-soft">{findWords(t, { group: "part", code: name }) ?? name}</span>
              <span className={`numeric font-semibold ${isGood ? "" : "text-bad"}`}>
                {isGood ? t("system.good") : state}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
