import { useNow } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";

/** How long ago, with the exact moment for whoever asks. */
export function TimeAgo({ iso }: { iso: string }) {
  const { format } = useWords();
  const now = useNow(15_000);
  return (
    <time dateTime={iso} title={format.dateTime(iso)}>
      {format.ago(iso, Math.max(now, Date.parse(iso)))}
    </time>
  );
}
