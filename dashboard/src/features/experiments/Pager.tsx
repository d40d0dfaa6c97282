import { Button } from "@/components/Button";
import { useWords } from "@/lib/useWords";

interface PagerProps {
  total: number;
  onNewer: (() => void) | null;
  onOlder: (() => void) | null;
}

export function Pager({ total, onNewer, onOlder }: PagerProps) {
  const { t, format } = useWords();
  return (
    <nav aria-label={t("list.pages")} className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <span className="text-faint">{t("list.total", { count: total, total: format.integer(total) })}</span>
      {(onNewer ?? onOlder) && (
        <span className="flex gap-2">
          <Button disabled={onNewer === null} onClick={() => onNewer?.()}>
            {t("list.newer")}
          </Button>
          <Button disabled={onOlder === null} onClick={() => onOlder?.()}>
            {t("list.older")}
          </Button>
        </span>
      )}
    </nav>
  );
}
