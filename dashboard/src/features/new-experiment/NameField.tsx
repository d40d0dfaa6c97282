import { issueWords } from "@/lib/problemWords";
import { useWords } from "@/lib/useWords";
import { controlId, useForm } from "./FormContext";

/** What the experiment is called; without a name the server gives one. */
export function NameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { t, format } = useWords();
  const issue = useForm().issues.get("/name");
  const id = controlId("/name");
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-semibold">
        {t("form.name")}
      </label>
      <input
        id={id}
        type="text"
        value={value}
        maxLength={120}
        autoComplete="off"
        placeholder={t("form.namePlaceholder")}
        aria-invalid={issue ? true : undefined}
        aria-describedby={issue ? `${id}-error` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="control"
      />
      {issue && (
        <p id={`${id}-error`} className="mt-1 text-sm font-medium text-bad">
          {issueWords(issue, { t, value: (n) => format.value(n) })}
        </p>
      )}
    </div>
  );
}
