import { useState } from "react";
import { useWords } from "@/lib/useWords";
import { TextInput } from "./TextInput";

interface PasswordInputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** A new password is offered by the browser's own generator, the current one by its memory. */
  isNew?: boolean;
  help?: string;
  error?: string | null;
}

/** A password that can be looked at: a second field to type it in blind would prevent fewer mistakes. */
export function PasswordInput({
  label,
  value,
  onChange,
  isNew = false,
  help,
  error = null,
}: PasswordInputProps) {
  const { t } = useWords();
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="relative">
      <TextInput
        label={label}
        value={value}
        onChange={onChange}
        type={isShown ? "text" : "password"}
        autoComplete={isNew ? "new-password" : "current-password"}
        spellCheck={false}
        maxLength={1024}
        help={help}
        error={error}
      />
      <button
        type="button"
        aria-pressed={isShown}
        onClick={() => setIsShown((shown) => !shown)}
        className="absolute top-0 right-0 text-sm font-semibold text-azure hover:underline"
      >
        {isShown ? t("password.hide") : t("password.show")}
      </button>
    </div>
  );
}
