import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { Platform } from "./platform";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PASSWORD = "dört sözcük bir cümle";

/** One browser window on a platform, with the ways through the dashboard that several tests take. */
export class Visit {
  readonly platform: Platform;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser itself found wrong: errors of scripts, refusals of the content policy. */
  readonly complaints: string[] = [];

  private constructor(platform: Platform, context: BrowserContext, page: Page) {
    this.platform = platform;
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.complaints.push(message.text());
    });
  }

  static async open(platform: Platform, browser: Browser): Promise<Visit> {
    const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce" });
    return new Visit(platform, context, await context.newPage());
  }

  async close(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }

  /** The first account of a platform, from the link that its first start prints. */
  async setUp(): Promise<void> {
    await this.page.goto(this.platform.link());
    await this.page.getByLabel("Name").fill("Ayşe");
    await this.page.getByLabel("New password").fill(PASSWORD);
    await this.page.getByRole("button", { name: "Create the account" }).click();
    await this.page.getByRole("heading", { name: "Experiments" }).waitFor();
  }

  async signIn(): Promise<void> {
    await this.page.goto(this.platform.link());
    await this.page.waitForURL(`${this.platform.url}/`);
    await this.page.getByRole("heading", { name: "Experiments" }).waitFor();
  }

  async startSample({ epochs, name }: { epochs: number; name: string }): Promise<void> {
    await this.page.goto(`${this.platform.url}/new`);
    await this.page.getByRole("button", { name: "Fill in the sample" }).click();
    await this.page.getByLabel("Name of the experiment").fill(name);
    // a small network: this is about the way of the events, and the machine may be busy
    await this.page.getByRole("textbox", { name: "Window length" }).fill("8");
    await this.page.getByRole("textbox", { name: "Hidden units" }).fill("8");
    await this.page.getByRole("textbox", { name: "Epochs" }).fill(String(epochs));
    await this.page.getByRole("button", { name: "Start experiment" }).click();
    await this.page.waitForURL(/\/experiments\/[0-9a-f-]{36}$/);
    await this.page.getByRole("heading", { name }).waitFor();
  }

  curve() {
    return this.page.getByRole("slider", { name: /^Learning curve/ });
  }

  /** The curve as its table twin tells it: the epochs of its rows. */
  async readEpochs(): Promise<number[]> {
    const figure = this.page.locator("figure").filter({ has: this.curve() });
    const show = figure.getByRole("button", { name: "Show table" });
    if (await show.count()) await show.click();
    return (await figure.locator("tbody th").allTextContents()).map(Number);
  }

  async waitForEpoch(epoch: number): Promise<void> {
    await this.curve().waitFor();
    await expect
      .poll(async () => Number(await this.curve().getAttribute("aria-valuemax")) + 1, {
        timeout: 120_000,
        interval: 200,
      })
      .toBeGreaterThanOrEqual(epoch);
  }

  async inaccessible(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    const options: RunOptions = { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] };
    const { violations } = await this.page.evaluate(
      (given) =>
        (window as unknown as { axe: { run: (o: RunOptions) => Promise<AxeResults> } }).axe.run(given),
      options,
    );
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(" | ")}`,
    );
  }
}
