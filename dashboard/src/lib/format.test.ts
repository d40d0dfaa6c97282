import { describe, expect, it } from "vitest";
import { createFormats } from "./format";

const en = createFormats("en");
const tr = createFormats("tr");

describe("createFormats", () => {
  it("writes numbers as the language does", () => {
    expect(en.value(1234.56)).toBe("1,234.6");
    expect(tr.value(1234.56)).toBe("1.234,6");
    expect(tr.value(0.38123)).toBe("0,3812");
    expect(en.measure(15.2)).toBe("15.20");
    expect(tr.percent(0.421, 1)).toBe("%42,1");
  });

  it("gives the numbers along an axis the decimals of the finest", () => {
    expect(en.ticks([0.34, 0.36, 0.4])).toEqual(["0.34", "0.36", "0.40"]);
    expect(tr.ticks([15.05, 15.1, 15.15000000000001])).toEqual(["15,05", "15,10", "15,15"]);
    expect(en.ticks([0, 500, 1000])).toEqual(["0", "500", "1,000"]);
    expect(en.ticks([0, 2e-5])).toEqual(["0", "2E-5"]);
  });

  it("has a dash for what is not there or not finite", () => {
    expect([en.value(null), en.value(undefined), en.value(Number.NaN)]).toEqual(["–", "–", "–"]);
  });

  it("writes durations a person can say", () => {
    expect(en.duration(4.2)).toBe("4.2s");
    expect(en.duration(95)).toBe("1m 35s");
    expect(en.duration(7260)).toBe("2h 1m");
    expect(tr.duration(95)).toBe("1 dk. 35 sn.");
  });

  it("leaves text that is no date alone", () => {
    expect(en.day("2008-03-07")).toBe("7 Mar 2008");
    expect(tr.day("2008-03-07")).toBe("7 Mar 2008");
    expect(en.day("row 12")).toBe("row 12");
  });
});
