import type { ReactNode } from "react";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Stands at the right: an action or a number. */
  isRight?: boolean;
}

interface DataTableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}

/** A plain table; on a narrow screen every row becomes a card whose cells carry their column's title. */
export function DataTable<Row>({ caption, columns, rows, keyOf }: DataTableProps<Row>) {
  const [first, ...others] = columns;
  if (!first) return null;
  return (
    <table className="w-full border-collapse text-sm max-md:block">
      <caption className="sr-only">{caption}</caption>
      <thead className="text-left max-md:sr-only">
        <tr>
          {columns.map(({ title, isRight }) => (
            <th
              key={title}
              scope="col"
              className={`px-2 py-2 text-xs font-semibold text-soft first:pl-0 last:pr-0 ${isRight ? "text-right" : ""}`}
            >
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((row) => (
          <tr key={keyOf(row)} className="border-t border-line align-top max-md:block max-md:py-3">
            <th
              scope="row"
              className="px-2 py-3 text-left font-semibold first:pl-0 max-md:block max-md:p-0 max-md:pb-1"
            >
              {first.cell(row)}
            </th>
            {others.map(({ title, cell, isRight }) => (
              <td
                key={title}
                className={`px-2 py-3 last:pr-0 max-md:flex max-md:justify-between max-md:gap-4 max-md:p-0 max-md:py-0.5 ${isRight ? "text-right" : ""}`}
              >
                <span className="text-xs font-semibold text-soft md:hidden" aria-hidden="true">
                  {title}
                </span>
                <div className="min-w-0 break-words">{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
