/** The mark: an A whose bar is a loss curve that cools from straw to azure. */
export function Mark({ size = 28 }: { size?: number }) {
  return <img src="/mark.svg" alt="" width={size} height={size} className="shrink-0 select-none" />;
}
