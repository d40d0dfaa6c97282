import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { findChromium, launch } from "./chromium";
import { Platform } from "./platform";
import { Visit } from "./visit";

const CUT_EPOCHS = 150;
const chromium = findChromium();

describe.skipIf(chromium === null)("the dashboard on a real server", () => {
  let platform: Platform;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    platform = await Platform.start();
    browser = await launch(chromium ?? "");
    visit = await Visit.open(platform, browser);
    await visit.setUp();
    await visit.close();
  });
  afterAll(async () => {
    await browser.close();
    await platform.stop();
  });

  beforeEach(async () => {
    visit = await Visit.open(platform, browser);
  });
  afterEach(() => visit.close());

  it("trains the sample: the chart grows, a reload loses nothing, the report names its baselines", async () => {
    await visit.signIn();
    await visit.startSample({ epochs: 25, name: "journey" });
    await visit.waitForEpoch(3);
    await visit.page.reload();
    await visit.waitForEpoch(5);
    const middle = await visit.readEpochs();
    expect(middle).toEqual(middle.map((_, index) => index + 1));
    await visit.page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 150_000 });
    expect(await visit.readEpochs()).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    await visit.page.getByRole("link", { name: "Open the report" }).click();
    const table = visit.page.getByRole("table", { name: /Metrics of the model/ });
    await table.waitFor();
    const rows = await table.getByRole("rowheader").allTextContents();
    expect(rows[0]).toBe("Model");
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(await table.getByRole("columnheader").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining("MAE"), expect.stringContaining("RMSE")]),
    );
    const download = visit.page.waitForEvent("download");
    await visit.page.getByRole("link", { name: "Download results.json" }).click();
    const path = await (await download).path();
    expect((JSON.parse(readFileSync(path, "utf8")) as { format: string }).format).toBe("azf.results/1");
  });

  it("shows a wrong value at its field, in English and in Turkish, and keeps what was typed", async () => {
    await visit.signIn();
    await visit.page.goto(`${platform.url}/new`);
    await visit.page.getByRole("radio", { name: "My CSV file" }).check();
    await visit.page.getByLabel("CSV file", { exact: true }).setInputFiles({
      name: "prices.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("Date,Open\n2024-01-02,10\n2024-01-03,11\n"),
    });
    await visit.page.getByRole("columnheader", { name: "Open" }).waitFor();
    await visit.page.getByRole("button", { name: "Start experiment" }).click();
    const column = visit.page.getByRole("textbox", { name: "Target column" });
    await visit.page.getByText("The file has no column “Close”. Its columns: Date, Open.").waitFor();
    expect(await column.getAttribute("aria-invalid")).toBe("true");
    expect(await column.evaluate((element) => element === document.activeElement)).toBe(true);
    await visit.page.getByRole("radio", { name: "Türkçe" }).check();
    await visit.page.getByText("Dosyada “Close” sütunu yok. Sütunlar: Date, Open.").waitFor();
    expect(await visit.page.getByRole("textbox", { name: "Hedef sütunu" }).inputValue()).toBe("Close");
    await visit.page.getByRole("textbox", { name: "Hedef sütunu" }).fill("Open");
    await visit.page.getByRole("button", { name: "Deneyi başlat" }).click();
    await visit.page.getByText(/Seride 2 satır var; bu pencere ve bölme için en az \d+ gerekli\./).waitFor();
    await visit.page.getByRole("textbox", { name: "Öğrenme oranı" }).fill("hızlı");
    await visit.page.getByRole("button", { name: "Deneyi başlat" }).click();
    await visit.page.getByText("Bir sayı yazın.").waitFor();
    expect(await visit.page.getByRole("textbox", { name: "Öğrenme oranı" }).inputValue()).toBe("hızlı");
  });

  it("cancels after asking", async () => {
    await visit.signIn();
    await visit.startSample({ epochs: 2000, name: "too long" });
    await visit.waitForEpoch(2);
    await visit.page.getByRole("button", { name: "Cancel", exact: true }).click();
    await visit.page.getByRole("dialog").getByRole("button", { name: "Yes, cancel it" }).click();
    await visit.page.locator("section").filter({ hasText: "Cancelled" }).first().waitFor();
    expect(await visit.page.getByRole("button", { name: "Cancel", exact: true }).count()).toBe(0);
  });

  it("comes back after a cut network and a killed server without a gap", async () => {
    await visit.signIn();
    await visit.startSample({ epochs: CUT_EPOCHS, name: "cut" });
    await visit.waitForEpoch(2);
    platform.killApi();
    await visit.page.getByText(/The live connection was lost|No live connection/).waitFor();
    await visit.page
      .getByText(/The live connection was lost|No live connection/)
      .waitFor({ state: "detached", timeout: 60_000 });
    const before = Number(await visit.curve().getAttribute("aria-valuemax")) + 1;
    await visit.waitForEpoch(before + 1);
    await visit.context.setOffline(true);
    await visit.page.waitForTimeout(1_500);
    await visit.context.setOffline(false);
    await visit.page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 200_000 });
    expect(await visit.readEpochs()).toEqual(Array.from({ length: CUT_EPOCHS }, (_, index) => index + 1));
  });

  it("has no accessibility violation on any page, in light and dark", async () => {
    await visit.signIn();
    await visit.page.goto(`${platform.url}/`);
    await visit.page.getByRole("link", { name: "journey" }).click();
    await visit.curve().waitFor();
    const experiment = visit.page.url();
    for (const address of [
      platform.url,
      `${platform.url}/new`,
      experiment,
      `${experiment}/report`,
      `${experiment}/fork`,
      ...["system", "account", "people", "projects", "audit"].map((name) => `${platform.url}/${name}`),
    ]) {
      await visit.page.goto(address);
      await visit.page.getByRole("heading", { level: 1 }).waitFor();
      await visit.page.waitForLoadState("networkidle").catch(() => undefined);
      for (const theme of ["light", "dark"] as const) {
        await visit.page.emulateMedia({ colorScheme: theme });
        expect(await visit.inaccessible(), `${address} ${theme}`).toEqual([]);
      }
    }
  });

  it("fits a narrow screen in both languages", async () => {
    await visit.signIn();
    await visit.page.setViewportSize({ width: 360, height: 740 });
    await visit.page.getByRole("link", { name: "journey" }).click();
    await visit.curve().waitFor();
    const experiment = visit.page.url();
    for (const language of ["Türkçe", "English"]) {
      await visit.page.getByRole("radio", { name: language }).check();
      for (const address of [
        platform.url,
        `${platform.url}/new`,
        experiment,
        `${experiment}/report`,
        `${experiment}/fork`,
        ...["system", "account", "people", "projects", "audit"].map((name) => `${platform.url}/${name}`),
      ]) {
        await visit.page.goto(address);
        await visit.page.getByRole("heading", { level: 1 }).waitFor();
        const overflow = await visit.page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        expect(overflow, `${address} in ${language}`).toBeLessThanOrEqual(0);
      }
    }
  });
});
