import { useEffect, useState } from "react";
import { STATES } from "@/lib/states";
import { useWords } from "@/lib/useWords";
import { ProjectFilter } from "./ProjectFilter";
import { usePipelines, type ExperimentFilters } from "./queries";

interface ExperimentFilterBarProps {
  filters: ExperimentFilters;
  onFilter: (changes: Record<string, string | null>) => void;
}

const TYPING_MS = 250;

export function ExperimentFilterBar({ filters, onFilter }: ExperimentFilterBarProps) {
  const { t, pick } = useWords();
  const pipelines = usePipelines().data ?? [];
  const [text, setText] = useState(filters.text);
  const [applied, setApplied] = useState(filters.text);

  // the address changed from elsewhere (back button, cleared filters): it wins over what is in the box
  if (filters.text !== applied) {
    setApplied(filters.text);
    setText(filters.text);
  }

  useEffect(() => {
    if (text === filters.text) return;
    const timer = setTimeout(() => {
      setApplied(text);
      onFilter({ q: text });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, filters.text, onFilter]);

  return (
    <search className="flex flex-wrap gap-3">
      <label className="flex-1 basis-56 max-sm:basis-full">
        <span className="sr-only">{t("list.search")}</span>
        <input
          type="search"
          value={text}
          maxLength={100}
          placeholder={t("list.search")}
          onChange={(event) => setText(event.target.value)}
          className="control"
        />
      </label>
      <label className="min-w-36 flex-1 basis-36 sm:max-w-52">
        <span className="sr-only">{t("list.byState")}</span>
        <select
          value={filters.state ?? ""}
          onChange={(event) => onFilter({ state: event.target.value })}
          className="control picker"
        >
          <option value="">{t("list.anyState")}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {t(`state.${state}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="min-w-36 flex-1 basis-36 sm:max-w-52">
        <span className="sr-only">{t("list.byPipeline")}</span>
        <select
          value={filters.pipeline ?? ""}
          onChange={(event) => onFilter({ pipeline: event.target.value })}
          className="control picker"
        >
          <option value="">{t("list.anyPipeline")}</option>
          {pipelines.map((pipeline) => (
            <option key={pipeline.name} value={pipeline.name}>
              {pick(pipeline.title)}
            </option>
          ))}
        </select>
      </label>
      <ProjectFilter project={filters.project} onChoose={(project) => onFilter({ project })} />
      <label className="flex min-h-10 items-center gap-2 text-sm text-soft">
        <input
          type="checkbox"
          checked={filters.isArchived}
          onChange={(event) => onFilter({ archived: event.target.checked ? "yes" : null })}
          className="size-4 accent-azure"
        />
        {t("list.archived")}
      </label>
    </search>
  );
}
