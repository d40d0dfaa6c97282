import { useWords } from "@/lib/useWords";
import type { ChartModel } from "./model";

interface ChartTableProps {
  id: string;
  model: ChartModel;
  caption: string;
  showX: (value: number) => string;
}

/** The chart's twin: every point in numbers. */
export function ChartTable({ id, model, caption, showX }: ChartTableProps) {
  const { format } = useWords();
  return (
    <div
      id={id}
      tabIndex={0}
      role="region"
      aria-label={caption}
      className="relative mt-3 max-h-80 overflow-auto rounded-md border border-line"
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-sunken text-left">
          <tr>
            <th scope="col" className="px-3 py-2 font-semibold">
              {model.xName}
            </th>
            {model.series.map((series) => (
              <th key={series.name} scope="col" className="px-3 py-2 text-right font-semibold">
                {series.name}
                {model.unit !== "" && <span className="text-faint"> ({model.unit})</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {model.x.map((x, index) => (
            <tr key={x} className="border-t border-line">
              <th scope="row" className="numeric px-3 py-1.5 text-left font-normal whitespace-nowrap">
                {showX(x)}
              </th>
              {model.series.map((series) => (
                <td key={series.name} className="numeric px-3 py-1.5 text-right">
                  {format.value(series.values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
