import type { LinkPurpose } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { CopyBox } from "./CopyBox";
import { Notice } from "./Notice";

export interface SentLink {
  url: string;
  user: string;
  purpose: LinkPurpose;
  expires_at: string;
}

/** A one-time link to hand to somebody; it is shown only here. */
export function LinkNotice({ link }: { link: SentLink }) {
  const { t, format } = useWords();
  return (
    <div className="mb-4">
      <Notice title={t(`oneTimeLink.${link.purpose}`, { user: link.user })}>
        <p className="mb-3">{t("oneTimeLink.text", { until: format.dateTime(link.expires_at) })}</p>
        <CopyBox text={link.url} />
      </Notice>
    </div>
  );
}
