import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { findChromium, launch } from "./chromium";
import { Platform } from "./platform";
import { PASSWORD, Visit } from "./visit";

const chromium = findChromium();

describe.skipIf(chromium === null)("people and control on a real server", () => {
  let platform: Platform;
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    platform = await Platform.start();
    browser = await launch(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await platform.stop();
  });

  beforeEach(async () => {
    visit = await Visit.open(platform, browser);
  });
  afterEach(() => visit.close());

  it("makes the first account, and lets it in again by its password", async () => {
    await visit.page.goto(platform.link());
    await visit.page.getByRole("heading", { name: "Welcome to AzuraForge" }).waitFor();
    await visit.page.getByLabel("Name").fill("Ayşe");
    await visit.page.getByLabel("New password").fill("ayşe ayşe ayşe");
    await visit.page.getByRole("button", { name: "Create the account" }).click();
    await visit.page.getByText("Is the name, or little more than it.").waitFor();
    await visit.page.getByLabel("New password").fill(PASSWORD);
    await visit.page.getByRole("button", { name: "Create the account" }).click();
    await visit.page.getByRole("heading", { name: "Experiments" }).waitFor();
    await visit.page.getByRole("button", { name: "Menu of Ayşe" }).click();
    await visit.page.getByRole("menuitem", { name: "Sign out" }).click();
    await visit.page.getByLabel("Name").fill("ayşe");
    await visit.page.getByLabel("Password").fill("not the password");
    await visit.page.getByRole("button", { name: "Sign in" }).click();
    await visit.page.getByText("Name or password is wrong").waitFor();
    await visit.page.getByLabel("Password").fill(PASSWORD);
    await visit.page.getByRole("button", { name: "Sign in" }).click();
    await visit.page.getByRole("heading", { name: "Experiments" }).waitFor();
  });

  it("invites somebody, who sees only the project that they were given", async () => {
    await visit.signIn();
    await visit.page.goto(`${platform.url}/people`);
    await visit.page.getByRole("button", { name: "Add a person" }).click();
    await visit.page.getByRole("dialog").getByLabel("Name").fill("Mehmet");
    await visit.page.getByRole("button", { name: "Add and get a link" }).click();
    const link = (await visit.page.getByText(/\/sign-in#/).textContent()) ?? "";
    await visit.page.goto(`${platform.url}/projects`);
    await visit.page.getByRole("button", { name: "New project" }).click();
    await visit.page.getByRole("dialog").getByLabel("Name").fill("Prices");
    await visit.page.getByRole("button", { name: "Create the project" }).click();
    await visit.page.getByRole("button", { name: "Add a member" }).click();
    await visit.page.getByLabel("Name").fill("Mehmet");
    await visit.page.getByRole("button", { name: "Add", exact: true }).click();
    await visit.page.getByLabel("Role of Mehmet").selectOption("viewer");
    await visit.context.clearCookies();
    await visit.page.goto(link);
    await visit.page.getByLabel("New password").fill("another sentence of words");
    await visit.page.getByRole("button", { name: "Set the password and sign in" }).click();
    await visit.page.getByRole("heading", { name: "Experiments" }).waitFor();
    await visit.page.goto(`${platform.url}/projects`);
    await visit.page.getByRole("row", { name: /Prices Viewer/ }).waitFor();
    expect(await visit.page.getByRole("row", { name: /First project/ }).count()).toBe(0);
    await visit.page.goto(`${platform.url}/people`);
    await visit.page.getByText("You may not do this").waitFor();
  });

  it("signs in once by link, and says what to do when the link is used up", async () => {
    const link = platform.link();
    await visit.page.goto(link);
    await visit.page.waitForURL(`${platform.url}/`);
    expect(visit.page.url()).not.toContain("#");
    await visit.context.clearCookies();
    await visit.page.goto(`${platform.url}/system`);
    await visit.page.getByRole("heading", { name: "Sign in to AzuraForge" }).waitFor();
    await visit.page.goto(link);
    await visit.page.getByRole("heading", { name: "This link is no longer valid" }).waitFor();
    await visit.page.getByText("azuraforge link", { exact: true }).waitFor();
    expect(visit.page.url()).not.toContain("#");
  });

  it("pauses, resumes from where it was, forks from a checkpoint and proves itself", async () => {
    await visit.signIn();
    await visit.startSample({ epochs: 30, name: "controlled" });
    await visit.waitForEpoch(3);
    await visit.page.getByRole("button", { name: "Pause" }).click();
    await visit.page.getByRole("button", { name: "Resume" }).click();
    await visit.page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 150_000 });
    expect(await visit.readEpochs()).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    const first = visit.page.url();
    await visit.page.getByRole("button", { name: "More actions" }).click();
    await visit.page.getByRole("menuitem", { name: "Fork with other settings…" }).click();
    await visit.page
      .getByRole("radio", { name: /After epoch 30/ })
      .first()
      .check();
    await visit.page.getByLabel("Name of the experiment").fill("grown");
    await visit.page.getByRole("textbox", { name: "Epochs" }).fill("33");
    await visit.page.getByRole("button", { name: "Start experiment" }).click();
    await visit.page.getByRole("heading", { name: "grown" }).waitFor();
    await visit.page.getByRole("link", { name: "Open the report" }).waitFor({ timeout: 150_000 });
    expect(await visit.readEpochs()).toEqual([31, 32, 33]);
    await visit.page.goto(first);
    await visit.page.getByRole("button", { name: "More actions" }).click();
    await visit.page.getByRole("menuitem", { name: "Prove that it is reproducible" }).click();
    await visit.page.getByText("Reproduced bit for bit").waitFor({ timeout: 150_000 });
    await visit.page.goto(first);
    await visit.page.getByRole("button", { name: "More actions" }).click();
    await visit.page.getByRole("menuitem", { name: "Delete…" }).click();
    await visit.page.getByRole("button", { name: "Yes, delete it" }).click();
    await visit.page.getByText("Something still needs this experiment").waitFor();
  });
});
