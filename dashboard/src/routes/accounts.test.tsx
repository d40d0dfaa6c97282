import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { project, session, user as person } from "@/testing/fakeAccounts";
import { FakeServer } from "@/testing/fakeServer";
import { renderApp } from "@/testing/renderApp";

afterEach(() => window.history.replaceState(null, "", "/"));

function signedOut(given: Partial<FakeServer["accounts"]> = {}) {
  const server = new FakeServer().install();
  Object.assign(server.accounts, { isSignedIn: false }, given);
  return server;
}

describe("signing in", () => {
  it("takes a name and a password, and says when they are wrong", async () => {
    const { accounts } = signedOut();
    const { user } = renderApp("/");
    await user.type(await screen.findByLabelText("Name"), "ayşe");
    await user.type(screen.getByLabelText("Password"), "wrong");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await screen.findByText("Name or password is wrong");
    await user.clear(screen.getByLabelText("Password"));
    await user.type(screen.getByLabelText("Password"), accounts.password);
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await screen.findByRole("heading", { name: "Experiments" });
  });

  it("shows the password on demand", async () => {
    signedOut();
    const { user } = renderApp("/");
    const field = await screen.findByLabelText("Password");
    expect(field.getAttribute("type")).toBe("password");
    await user.click(screen.getByRole("button", { name: "Show" }));
    expect(field.getAttribute("type")).toBe("text");
  });

  it("makes the first admin from the link of the first start", async () => {
    const { accounts } = signedOut({ purpose: "setup" });
    window.history.replaceState(null, "", "/sign-in#good-token");
    const { user } = renderApp("/sign-in");
    await screen.findByRole("heading", { name: "Welcome to AzuraForge" });
    expect(window.location.hash).toBe("");
    const create = screen.getByRole("button", { name: "Create the account" });
    await user.type(screen.getByLabelText("Name"), "ayşe");
    await user.type(screen.getByLabelText("New password"), "too short");
    expect(create).toHaveProperty("disabled", true);
    await user.type(screen.getByLabelText("New password"), " but longer now");
    await user.click(create);
    await screen.findByRole("heading", { name: "Experiments" });
    expect(accounts.sent).toEqual([
      { name: "ayşe", password: "too short but longer now", token: "good-token" },
    ]);
  });

  it("asks an invited person for a password only", async () => {
    signedOut({ purpose: "invite" });
    window.history.replaceState(null, "", "/sign-in#good-token");
    renderApp("/sign-in");
    await screen.findByRole("heading", { name: "Welcome, ayşe" });
    expect(screen.queryByLabelText("Name")).toBeNull();
  });
});

describe("an account", () => {
  it("shows a new key once and revokes it after a question", async () => {
    const { accounts } = new FakeServer().install();
    const { user } = renderApp("/account");
    await user.click(await screen.findByRole("button", { name: "New API key" }));
    const dialog = screen.getByRole("dialog", { name: "New API key" });
    await user.type(within(dialog).getByLabelText("Name"), "nightly");
    await user.selectOptions(within(dialog).getByLabelText("May"), "read");
    await user.click(within(dialog).getByRole("button", { name: "Create the key" }));
    await screen.findByText("azf_1234secret");
    expect(accounts.keys[0]).toMatchObject({ name: "nightly", scopes: ["read"] });
    await user.click(await screen.findByRole("button", { name: "Revoke" }));
    await user.click(screen.getByRole("button", { name: "Yes, revoke it" }));
    await screen.findByText(/No key yet/);
    expect(accounts.keys).toEqual([]);
  });

  it("ends another browser's session", async () => {
    const { accounts } = new FakeServer().install();
    accounts.sessions.push(session("s-2", { agent: "" }));
    const { user } = renderApp("/account");
    const row = await screen.findByRole("row", { name: /Unknown program/ });
    expect(screen.getByRole("row", { name: /Firefox · Linux/ }).textContent).toContain("this one");
    await user.click(within(row).getByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(accounts.sessions.map(({ id }) => id)).toEqual(["s-1"]));
  });

  it("says that the old password was wrong", async () => {
    new FakeServer().install();
    const { user } = renderApp("/account");
    await user.type(await screen.findByLabelText("Current password"), "not it");
    await user.type(screen.getByLabelText("New password"), "a sentence of many words");
    await user.click(screen.getByRole("button", { name: "Change the password" }));
    await screen.findByText("Name or password is wrong");
  });
});

describe("people", () => {
  it("are invited with a link, and the last admin stays", async () => {
    const { accounts } = new FakeServer().install();
    const { user } = renderApp("/people");
    await user.click(await screen.findByRole("button", { name: "Add a person" }));
    await user.type(within(screen.getByRole("dialog")).getByLabelText("Name"), "mehmet");
    await user.click(screen.getByRole("button", { name: "Add and get a link" }));
    await screen.findByText(/sign-in#fresh/);
    expect(screen.getByRole("row", { name: /mehmet/ }).textContent).toContain("invited");
    await user.click(screen.getByRole("button", { name: "Actions for ayşe" }));
    await user.click(screen.getByRole("menuitem", { name: "No longer an admin" }));
    await screen.findByText("The platform needs an admin");
    expect(accounts.users[0]!.is_admin).toBe(true);
  });

  it("are not in the menu of who is no admin", async () => {
    const { accounts } = new FakeServer().install();
    accounts.isAdmin = false;
    const { user } = renderApp("/");
    await user.click(await screen.findByRole("button", { name: "Menu of ayşe" }));
    expect(screen.getByRole("menuitem", { name: "Projects" })).toBeTruthy();
    expect(screen.queryByRole("menuitem", { name: "People" })).toBeNull();
  });
});

describe("a project", () => {
  it("gets members with roles", async () => {
    const { accounts } = new FakeServer().install();
    accounts.projects.push(project("p-1", "Prices"));
    const { user } = renderApp("/projects/p-1");
    await screen.findByRole("heading", { name: "Prices" });
    await user.click(await screen.findByRole("button", { name: "Add a member" }));
    await user.type(screen.getByLabelText("Name"), "mehmet");
    await user.click(screen.getByRole("button", { name: "Add" }));
    await user.selectOptions(await screen.findByLabelText("Role of mehmet"), "viewer");
    await waitFor(() => expect(accounts.members[0]).toMatchObject({ name: "mehmet", role: "viewer" }));
  });

  it("shows a viewer who is there, and no controls", async () => {
    const { accounts } = new FakeServer().install();
    accounts.projects.push(project("p-1", "Prices", { role: "viewer" }));
    accounts.members.push({ user: "u-2", name: "mehmet", role: "editor" });
    renderApp("/projects/p-1");
    await screen.findByRole("row", { name: "mehmet Editor" });
    expect(screen.queryByRole("button", { name: "Add a member" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Archive the project" })).toBeNull();
  });

  it("is chosen for a new experiment where there are several", async () => {
    const server = new FakeServer().install();
    server.accounts.projects.push(project("p-1", "Prices"));
    const { user } = renderApp("/new");
    await user.selectOptions(await screen.findByLabelText("Project"), "p-1");
    await user.click(screen.getByRole("button", { name: "Start experiment" }));
    await waitFor(() => expect(server.submitted[0]?.body.project).toBe("p-1"));
  });
});

describe("the audit log", () => {
  it("says who did what in words", async () => {
    const { accounts } = new FakeServer().install();
    accounts.users.push(person("u-2", "mehmet"));
    accounts.audit.push({
      id: "a-1",
      at: "2026-01-05T09:00:00Z",
      actor: "nobody",
      actor_name: "",
      action: "sign_in_failed",
      subject: "",
      project: null,
      address: "10.0.0.7",
      detail: { name: "mehmet" },
    });
    renderApp("/audit");
    const row = await screen.findByRole("row", { name: /failed to sign in/ });
    expect(row.textContent).toContain("name: mehmet");
    expect(row.textContent).toContain("10.0.0.7");
  });
});
