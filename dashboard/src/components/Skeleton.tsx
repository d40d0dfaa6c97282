/** Grey bars where content will be; the words beside them are for those who cannot see bars. */
export function Skeleton({ label, rows = 4 }: { label: string; rows?: number }) {
  return (
    <div role="status" className="flex flex-col gap-3 p-5">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="shimmer h-11 rounded-md" />
      ))}
    </div>
  );
}
