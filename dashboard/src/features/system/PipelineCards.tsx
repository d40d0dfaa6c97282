import type { PipelineManifest } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

export function PipelineCards({ pipelines }: { pipelines: PipelineManifest[] }) {
  const { pick } = useWords();
  return (
    <ul className="grid gap-3 md:grid-cols-[repeat(auto-fill,minmax(20rem,1fr))]">
      {pipelines.map((pipeline) => (
        <li key={pipeline.name} className="rounded-md border border-line p-4">
          <p className="font-display font-semibold">{pick(pipeline.title)}</p>
          <p className="mt-1 text-sm text-soft">{pick(pipeline.description)}</p>
          <p className="numeric mt-2 text-xs text-faint">
            {pipeline.name} {pipeline.version} · {pipeline.app}
          </p>
        </li>
      ))}
    </ul>
  );
}
