import type { PipelineManifest } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

interface PipelinePickerProps {
  pipelines: PipelineManifest[];
  chosen: string;
  onChoose: (name: string) => void;
}

/** The pipelines that live workers offer, as cards. */
export function PipelinePicker({ pipelines, chosen, onChoose }: PipelinePickerProps) {
  const { t, pick } = useWords();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{t("form.pipeline")}</legend>
      <div className="grid gap-3 md:grid-cols-[repeat(auto-fill,minmax(22rem,1fr))]">
        {pipelines.map((pipeline) => (
          <label
            key={pipeline.name}
            className="panel flex cursor-pointer items-start gap-4 p-5 transition-colors hover:border-line-strong has-checked:border-azure has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-azure"
          >
            <input
              type="radio"
              name="pipeline"
              value={pipeline.name}
              checked={pipeline.name === chosen}
              onChange={() => onChoose(pipeline.name)}
              className="mt-1 size-4 accent-azure"
            />
            <span>
              <span className="font-display text-base font-semibold">{pick(pipeline.title)}</span>
              <span className="mt-1 block text-sm text-soft">{pick(pipeline.description)}</span>
              <span className="numeric mt-2 block text-xs text-faint">
                {pipeline.name} {pipeline.version}
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
