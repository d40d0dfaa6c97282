import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { findChromium, launch } from "./chromium";
import { Platform } from "./platform";

const CUT_EPOCHS = 150;
const chromium = findChromium();
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(chromium === null)("the dashboard on a real server", () => {
  let platform: Platform;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    platform = await Platform.start();
    browser = await launch(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await platform.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce" });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  async function signIn(): Promise<void> {
    await page.goto(platform.link());
    await page.waitForURL(`${platform.url}/`);
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
  }

  async function startSample({ epochs, name }: { epochs: number; name: string }): Promise<void> {
    await page.goto(`${platform.url}/new`);
    await page.getByRole("button", { name: "Fill in the sample" }).click();
    await page.getByLabel("Name of the experiment").fill(name);
    // a small network: this is about the way of the events, and the machine may be busy
    await page.getByRole("textbox", { name: "Window length" }).fill("8");
    await page.getByRole("textbox", { name: "Hidden units" }).fill("8");
    await page.getByRole("textbox", { name: "Epochs" }).fill(String(epochs));
    await page.getByRole("button", { name: "Start experiment" }).click();
    await page.waitForURL(/\/experiments\/[0-9a-f-]{36}$/);
    await page.getByRole("heading", { name }).waitFor();
  }

  const curve = () => page.getByRole("slider", { name: /^Learning curve/ });

  /** The curve as its table twin tells it: the epochs of its rows. */
  async function readEpochs(): Promise<number[]> {
    const figure = page.locator("figure").filter({ has: curve() });
    const show = figure.getByRole("button", { name: "Show table" });
    if (await show.count()) await show.click();
    return (await figure.locator("tbody th").allTextContents()).map(Number);
  }

  async function waitForEpoch(epoch: number): Promise<void> {
    await curve().waitFor();
    await expect
      .poll(async () => Number(await curve().getAttribute("aria-valuemax")) + 1, {
        timeout: 120_000,
        interval: 200,
      })
      .toBeGreaterThanOrEqual(epoch);
  }

  async function inaccessible(): Promise<string[]> {
    await page.evaluate(axeSource);
    const options: RunOptions = { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] };
    const { violations } = await page.evaluate(
      (given) =>
        (window as unknown as { axe: { run: (o: RunOptions) => Promise<AxeResults> } }).axe.run(given),
      options,
    );
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(" | ")}`,
    );
  }

  it("signs in once by link, and says what to do when the link is used up", async () => {
    const link = platform.link();
    await page.goto(link);
    await page.waitForURL(`${platform.url}/`);
    expect(page.url()).not.toContain("#");
    await context.clearCookies();
    await page.goto(`${platform.url}/system`);
    await page.getByRole("heading", { name: "Welcome to AzuraForge" }).waitFor();
    await page.goto(link);
    await page.getByRole("heading", { name: "This link is no longer valid" }).waitFor();
    await page.getByText("azuraforge link", { exact: true }).waitFor();
    expect(page.url()).not.toContain("#");
  });

  it("trains the sample: the chart grows, a reload loses nothing, the report names its baselines", async () => {
    await signIn();
    await startSample({ epochs: 25, name: "journey" });
    await waitForEpoch(3);
    await page.reload();
    await waitForEpoch(5);
    const middle = await readEpochs();
    expect(middle).toEqual(middle.map((_, index) => index + 1));
    await page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 150_000 });
    expect(await readEpochs()).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    await page.getByRole("link", { name: "Open the report" }).click();
    const table = page.getByRole("table", { name: /Metrics of the model/ });
    await table.waitFor();
    const rows = await table.getByRole("rowheader").allTextContents();
    expect(rows[0]).toBe("Model");
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(await table.getByRole("columnheader").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining("MAE"), expect.stringContaining("RMSE")]),
    );
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download results.json" }).click();
    const path = await (await download).path();
    expect((JSON.parse(readFileSync(path, "utf8")) as { format: string }).format).toBe("azf.results/1");
  });

  it("shows a wrong value at its field, in English and in Turkish, and keeps what was typed", async () => {
    await signIn();
    await page.goto(`${platform.url}/new`);
    await page.getByRole("radio", { name: "My CSV file" }).check();
    await page.getByLabel("CSV file", { exact: true }).setInputFiles({
      name: "prices.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("Date,Open\n2024-01-02,10\n2024-01-03,11\n"),
    });
    await page.getByRole("columnheader", { name: "Open" }).waitFor();
    await page.getByRole("button", { name: "Start experiment" }).click();
    const column = page.getByRole("textbox", { name: "Target column" });
    await page.getByText("The file has no column “Close”. Its columns: Date, Open.").waitFor();
    expect(await column.getAttribute("aria-invalid")).toBe("true");
    expect(await column.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole("radio", { name: "Türkçe" }).check();
    await page.getByText("Dosyada “Close” sütunu yok. Sütunlar: Date, Open.").waitFor();
    expect(await page.getByRole("textbox", { name: "Hedef sütunu" }).inputValue()).toBe("Close");
    await page.getByRole("textbox", { name: "Hedef sütunu" }).fill("Open");
    await page.getByRole("button", { name: "Deneyi başlat" }).click();
    await page.getByText(/Seride 2 satır var; bu pencere ve bölme için en az \d+ gerekli\./).waitFor();
    await page.getByRole("textbox", { name: "Öğrenme oranı" }).fill("hızlı");
    await page.getByRole("button", { name: "Deneyi başlat" }).click();
    await page.getByText("Bir sayı yazın.").waitFor();
    expect(await page.getByRole("textbox", { name: "Öğrenme oranı" }).inputValue()).toBe("hızlı");
  });

  it("cancels after asking", async () => {
    await signIn();
    await startSample({ epochs: 2000, name: "too long" });
    await waitForEpoch(2);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Yes, cancel it" }).click();
    await page.locator("section").filter({ hasText: "Cancelled" }).first().waitFor();
    expect(await page.getByRole("button", { name: "Cancel", exact: true }).count()).toBe(0);
  });

  it("comes back after a cut network and a killed server without a gap", async () => {
    await signIn();
    await startSample({ epochs: CUT_EPOCHS, name: "cut" });
    await waitForEpoch(2);
    platform.killApi();
    await page.getByText(/The live connection was lost|No live connection/).waitFor();
    await page
      .getByText(/The live connection was lost|No live connection/)
      .waitFor({ state: "detached", timeout: 60_000 });
    const before = Number(await curve().getAttribute("aria-valuemax")) + 1;
    await waitForEpoch(before + 1);
    await context.setOffline(true);
    await page.waitForTimeout(1_500);
    await context.setOffline(false);
    await page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 200_000 });
    expect(await readEpochs()).toEqual(Array.from({ length: CUT_EPOCHS }, (_, index) => index + 1));
  });

  it("has no accessibility violation on any page, in light and dark", async () => {
    await signIn();
    await page.goto(`${platform.url}/`);
    await page.getByRole("link", { name: "journey" }).click();
    await curve().waitFor();
    const experiment = page.url();
    for (const address of [
      platform.url,
      `${platform.url}/new`,
      experiment,
      `${experiment}/report`,
      `${platform.url}/system`,
    ]) {
      await page.goto(address);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle").catch(() => undefined);
      for (const theme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: theme });
        expect(await inaccessible(), `${address} ${theme}`).toEqual([]);
      }
    }
  });

  it("fits a narrow screen in both languages", async () => {
    await signIn();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("link", { name: "journey" }).click();
    await curve().waitFor();
    const experiment = page.url();
    for (const language of ["Türkçe", "English"]) {
      await page.getByRole("radio", { name: language }).check();
      for (const address of [
        platform.url,
        `${platform.url}/new`,
        experiment,
        `${experiment}/report`,
        `${platform.url}/system`,
      ]) {
        await page.goto(address);
        await page.getByRole("heading", { level: 1 }).waitFor();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `${address} in ${language}`).toBeLessThanOrEqual(0);
      }
    }
  });
});
