import { Fact } from "@/components/Fact";
import { Panel } from "@/components/Panel";
import type { DataCard } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

const SPLITS = ["train", "validation", "test"] as const;
const INKS = {
  train: "bg-[var(--series-1)]",
  validation: "bg-[var(--series-3)]",
  test: "bg-[var(--series-2)]",
};

/** Which data it was, and how it was cut in time order. */
export function DataPanel({ data }: { data: DataCard }) {
  const { t, pick, format } = useWords();
  const parts = SPLITS.flatMap((name) => {
    const size = data.split[name];
    return size === undefined ? [] : [{ name, size }];
  });
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  return (
    <Panel title={t("report.data")}>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        <Fact name={t("report.source")} isWide>
          {data.source}
        </Fact>
        <Fact name={t("report.rows")}>{format.integer(data.rows)}</Fact>
        <Fact name={t("report.first")}>{format.day(data.first)}</Fact>
        <Fact name={t("report.last")}>{format.day(data.last)}</Fact>
        <Fact name={t("report.target")}>{data.target}</Fact>
        <Fact name={t("report.features")} isWide>
          {data.features.join(", ")}
        </Fact>
      </dl>
      {total > 0 && (
        <div className="mt-5">
          <p className="eyebrow">{t("report.split")}</p>
          <div className="mt-2 flex h-2.5 gap-0.5 overflow-hidden rounded-full" aria-hidden="true">
            {parts.map(({ name, size }) => (
              <div key={name} className={INKS[name]} style={{ width: `${(size / total) * 100}%` }} />
            ))}
          </div>
          <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
            {parts.map(({ name, size }) => (
              <li key={name} className="flex items-center gap-2">
                <span className={`size-2 rounded-full ${INKS[name]}`} aria-hidden="true" />
                {t(`split.${name}`)} <span className="numeric text-soft">{format.integer(size)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data.notes.length > 0 && (
        <ul className="mt-4 list-disc pl-5 text-sm text-soft">
          {data.notes.map((note) => (
            <li key={note.en}>{pick(note)}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
