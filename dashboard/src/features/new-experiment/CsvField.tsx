import { useMemo, useState, type DragEvent } from "react";
import { decodeText, previewCsv } from "@/lib/csv";
import { useWords } from "@/lib/useWords";
import { Button } from "@/components/Button";
import { CsvTable } from "./CsvTable";
import { FieldNotes } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

/** A file becomes the text of the config: chosen, dropped, looked at and taken back. It never leaves as a path. */
export function CsvField({ limit, ...props }: FieldProps & { limit: number | undefined }) {
  const field = useField(props);
  const { t, format } = useWords();
  const [fileName, setFileName] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const text = typeof field.value === "string" ? field.value : "";
  const preview = useMemo(() => (text === "" ? null : previewCsv(text)), [text]);

  const take = async (file: File | undefined) => {
    if (!file) return;
    if (limit !== undefined && file.size > limit) {
      setRefusal(t("form.csvTooLarge", { size: format.bytes(file.size), limit: format.bytes(limit) }));
      return;
    }
    const content = decodeText(await file.arrayBuffer());
    setRefusal(null);
    setFileName(file.name);
    field.change(content);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void take(event.dataTransfer.files[0]);
  };

  return (
    <div className="min-w-0">
      <label htmlFor={field.id} className="mb-1 block text-sm font-semibold">
        {field.title}
      </label>
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
        className={`relative flex flex-wrap items-center justify-between gap-3 rounded-md border border-dashed px-4 py-4 text-sm has-focus-visible:outline-2 has-focus-visible:outline-azure ${isOver ? "border-azure bg-azure-wash" : field.error === null ? "border-line-strong bg-sunken" : "border-bad bg-bad-wash"}`}
      >
        <input
          {...field.aria}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            // the same file, mended and chosen again, must count as a change
            event.target.value = "";
          }}
          className="peer sr-only"
        />
        <label
          htmlFor={field.id}
          className="inline-flex min-h-10 cursor-pointer items-center rounded-md border border-line-strong bg-surface px-4 font-semibold peer-focus-visible:outline-2 peer-focus-visible:outline-azure hover:bg-sunken"
        >
          {text === "" ? t("form.csvChoose") : t("form.csvReplace")}
        </label>
        <p className="flex-1 basis-48 text-soft" aria-live="polite">
          {preview === null
            ? t("form.csvDrop")
            : t("form.csvTaken", {
                name: fileName === "" ? t("form.csvKept") : fileName,
                rows: format.integer(preview.total),
                count: preview.total,
                size: format.bytes(new Blob([text]).size),
              })}
        </p>
        {text !== "" && (
          <Button
            look="quiet"
            onClick={() => {
              field.change(undefined);
              setFileName("");
            }}
          >
            {t("form.csvRemove")}
          </Button>
        )}
      </div>
      {refusal !== null && (
        <p role="alert" className="mt-1 text-sm font-medium text-bad">
          {refusal}
        </p>
      )}
      <FieldNotes field={field} />
      {preview !== null && <CsvTable preview={preview} />}
    </div>
  );
}
