/** Browser storage that may be full, blocked or cleared at any moment: then it forgets, and nothing breaks. */
export function readStored(key: string, area: Storage = localStorage): string | null {
  try {
    return area.getItem(key);
  } catch {
    return null;
  }
}

export function writeStored(key: string, value: string | null, area: Storage = localStorage): void {
  try {
    if (value === null) area.removeItem(key);
    else area.setItem(key, value);
  } catch {
    // full or blocked: the choice lives until the page is closed
  }
}
