import { useState } from "react";
import { useWords } from "@/lib/useWords";
import { Button } from "./Button";

/** A text to take elsewhere, such as a command or a key that is shown once. */
export function CopyBox({ text }: { text: string }) {
  const { t } = useWords();
  const [isCopied, setIsCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setIsCopied(true),
      () => setIsCopied(false),
    );
  };
  return (
    <div className="flex items-center justify-between gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-4">
      <code className="numeric min-w-0 break-all select-all">{text}</code>
      <Button look="quiet" onClick={copy}>
        {isCopied ? t("common.copied") : t("common.copy")}
      </Button>
    </div>
  );
}
