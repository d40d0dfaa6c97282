import type { ExperimentState } from "@/lib/api/schema.gen";
import { STATE_TONE, type Tone } from "@/lib/states";
import { useWords } from "@/lib/useWords";

const LOOKS: Record<Tone, { chip: string; dot: string }> = {
  waiting: { chip: "bg-still-wash text-still", dot: "border-2 border-current" },
  hot: { chip: "bg-ember-wash text-ember", dot: "bg-current ember-pulse" },
  done: { chip: "bg-azure-wash text-azure", dot: "bg-current" },
  bad: { chip: "bg-bad-wash text-bad", dot: "bg-current rotate-45 rounded-none!" },
  still: { chip: "bg-still-wash text-still", dot: "h-0.5! bg-current" },
};

/** State in colour, shape and word, so that it is read without any one of them. */
export function StateChip({ state }: { state: ExperimentState }) {
  const { t } = useWords();
  const look = LOOKS[STATE_TONE[state]];
  return (
    <span
      className={`inline-flex items-center gap-2 rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap ${look.chip}`}
    >
      <span className={`size-2 rounded-full ${look.dot}`} aria-hidden="true" />
      {t(`state.${state}`)}
    </span>
  );
}
