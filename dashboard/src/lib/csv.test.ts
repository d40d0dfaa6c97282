import { describe, expect, it } from "vitest";
import { decodeText, previewCsv } from "./csv";

describe("previewCsv", () => {
  it("finds the separator, the header and the first rows", () => {
    const rows = Array.from({ length: 30 }, (_, day) => `2024-01-${day + 1};${day}`).join("\r\n");
    const preview = previewCsv(`Tarih;Kapanış\r\n${rows}\r\n`);
    expect(preview).toMatchObject({ delimiter: ";", header: ["Tarih", "Kapanış"], total: 30 });
    expect(preview.rows).toHaveLength(5);
  });

  it("keeps separators and line ends inside quotes", () => {
    expect(previewCsv('a,b\n"x,y","say ""hi""\nthere"\n').rows).toEqual([["x,y", 'say "hi"\nthere']]);
  });

  it("survives an empty file and a lone quote", () => {
    expect(previewCsv("").header).toEqual([]);
    expect(previewCsv('a\n"never closed').rows).toEqual([["never closed"]]);
  });
});

describe("decodeText", () => {
  it("reads UTF-8, and Turkish as older spreadsheets write it", () => {
    expect(decodeText(new TextEncoder().encode("Kapanış").buffer)).toBe("Kapanış");
    expect(decodeText(new Uint8Array([0x4b, 0x61, 0x70, 0x61, 0x6e, 0xfd, 0xfe]).buffer)).toBe("Kapanış");
  });
});
