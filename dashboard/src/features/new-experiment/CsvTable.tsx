import type { CsvPreview } from "@/lib/csv";
import { useWords } from "@/lib/useWords";

/** The first rows of a chosen file, so that a wrong file or separator is seen before anything starts. */
export function CsvTable({ preview }: { preview: CsvPreview }) {
  const { t } = useWords();
  const caption = t("form.csvPreview", { count: preview.rows.length });
  return (
    <div
      role="region"
      aria-label={caption}
      tabIndex={0}
      className="relative mt-3 max-w-full overflow-x-auto rounded-md border border-line"
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead className="bg-sunken text-left">
          <tr>
            {preview.header.map((name, index) => (
              <th key={index} scope="col" className="px-3 py-1.5 font-semibold whitespace-nowrap">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, index) => (
            <tr key={index} className="border-t border-line">
              {row.map((cell, column) => (
                <td key={column} className="numeric px-3 py-1 whitespace-nowrap">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
