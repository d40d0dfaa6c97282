import { Notice } from "@/components/Notice";
import type { LinkState } from "@/lib/live/connection";
import { useWords } from "@/lib/useWords";

/** What the line to the server is doing, when that is worth a word. */
export function LinkNotice({ link, isEnded }: { link: LinkState; isEnded: boolean }) {
  const { t } = useWords();
  if (isEnded) return null;
  switch (link) {
    case "retrying":
      return <Notice title={t("link.retrying")}>{t("link.retryingText")}</Notice>;
    case "polling":
      return <Notice title={t("link.polling")}>{t("link.pollingText")}</Notice>;
    case "refused":
      return (
        <Notice kind="problem" title={t("link.refused")}>
          {t("link.refusedText")}
        </Notice>
      );
    case "connecting":
    case "live":
    case "closed":
      return null;
  }
}
