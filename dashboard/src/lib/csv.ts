export interface CsvPreview {
  delimiter: string;
  header: string[];
  rows: string[][];
  /** Rows of data in the whole file. */
  total: number;
}

const DELIMITERS = [",", ";", "\t", "|"] as const;
const PREVIEW_ROWS = 5;

/** The first rows of a CSV file as a person would see them, quoted fields included; the server reads the whole. */
export function previewCsv(text: string): CsvPreview {
  const delimiter = guessDelimiter(text.slice(0, text.search(/[\r\n]|$/)));
  const rows = readRows(text, { delimiter, limit: PREVIEW_ROWS + 1 });
  const [header = [], ...body] = rows;
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "").length;
  return { delimiter, header, rows: body, total: Math.max(0, lines - 1) };
}

function guessDelimiter(line: string): string {
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
}

function readRows(text: string, { delimiter, limit }: { delimiter: string; limit: number }): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  for (let index = 0; index < text.length && rows.length < limit; index += 1) {
    const character = text.charAt(index);
    if (isQuoted && character === '"' && text.charAt(index + 1) === '"') {
      cell += '"';
      index += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === delimiter) endCell();
    else if (!isQuoted && /[\r\n]/.test(character)) {
      endCell();
      if (row.some((value) => value !== "")) rows.push(row);
      row = [];
    } else cell += character;
  }
  endCell();
  if (rows.length < limit && row.some((value) => value !== "")) rows.push(row);
  return rows;
}

/** Text of a file in UTF-8, or in the Turkish Windows code page that older spreadsheets still write. */
export function decodeText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1254").decode(bytes);
  }
}
