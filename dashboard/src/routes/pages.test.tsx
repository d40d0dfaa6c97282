import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { experiment, FakeServer, results } from "@/testing/fakeServer";
import { history, TASK_ID } from "@/testing/history";
import { renderApp } from "@/testing/renderApp";

afterEach(() => window.history.replaceState(null, "", "/"));

describe("sign-in", () => {
  it("spends the token of the link, clears the address and opens the list", async () => {
    const server = new FakeServer().install();
    server.accounts.isSignedIn = false;
    window.history.replaceState(null, "", "/sign-in#good-token");
    renderApp("/sign-in");
    await screen.findByRole("heading", { name: "Experiments" });
    expect(window.location.hash).toBe("");
    expect(server.asked.filter((line) => line === "POST /auth/session")).toHaveLength(1);
  });

  it("says how to get another when the link is no longer valid", async () => {
    new FakeServer().install().accounts.isSignedIn = false;
    window.history.replaceState(null, "", "/sign-in#old");
    renderApp("/sign-in");
    await screen.findByRole("heading", { name: "This link is no longer valid" });
    expect(screen.getByText("azuraforge link")).toBeTruthy();
  });

  it("asks for it on every page when nobody is signed in", async () => {
    const server = new FakeServer().install();
    server.accounts.isSignedIn = false;
    renderApp("/system");
    await screen.findByRole("heading", { name: "Sign in to AzuraForge" });
    expect(server.asked).toEqual(["GET /auth/session"]);
  });
});

describe("experiments", () => {
  it("are empty, with one thing to do", async () => {
    new FakeServer().install();
    renderApp("/");
    await screen.findByRole("heading", { name: "The forge is still cold" });
  });

  it("say so when they cannot be read, and can be asked for again", async () => {
    const server = new FakeServer().install();
    server.experiments = [experiment()];
    const { user } = renderApp("/");
    await screen.findByRole("link", { name: "calm-forge" });
    server.isDown = true;
    await user.type(screen.getByRole("searchbox"), "x");
    await screen.findByText("The server cannot be reached");
    server.isDown = false;
    await user.clear(screen.getByRole("searchbox"));
    await screen.findByRole("link", { name: "calm-forge" });
  });

  it("show state, progress and the score beside its baseline", async () => {
    const server = new FakeServer().install();
    const score = {
      metric: "rmse",
      value: 9.5,
      unit: "USD",
      baseline: "last_value",
      baseline_value: 10,
      skill: 0.05,
      beats_baseline: true,
    };
    server.experiments = [
      experiment({ progress: { epoch: 5, epochs: 20, eta_s: 30 } }),
      experiment({
        task_id: "0197a000-0000-7000-8000-000000000002",
        name: "done",
        state: "succeeded",
        score,
      }),
    ];
    renderApp("/");
    const running = await screen.findByRole("row", { name: /calm-forge/ });
    expect(within(running).getByText("Training")).toBeTruthy();
    expect(within(running).getByRole("progressbar").getAttribute("aria-valuetext")).toBe("epoch 5 of 20");
    const done = screen.getByRole("row", { name: /done/ });
    expect(done.textContent).toContain("RMSE 9.500 USD");
    expect(done.textContent).toContain("naive 10.00");
    expect(done.textContent).toContain("beaten");
  });

  it("are filtered through the address and paged", async () => {
    const server = new FakeServer().install();
    server.experiments = Array.from({ length: 25 }, (_, index) =>
      experiment({ task_id: `0197a000-0000-7000-8000-0000000000${10 + index}`, name: `try-${index}` }),
    );
    const { user, router } = renderApp("/");
    await screen.findByRole("link", { name: "try-0" });
    await user.click(screen.getByRole("button", { name: "Older" }));
    await screen.findByRole("link", { name: "try-20" });
    await user.click(screen.getByRole("button", { name: "Newer" }));
    await screen.findByRole("link", { name: "try-0" });
    await user.type(screen.getByRole("searchbox"), "try-24");
    await waitFor(() => expect(router.state.location.search).toBe("?q=try-24"));
    await waitFor(() => expect(screen.queryByRole("link", { name: "try-0" })).toBeNull());
    await user.selectOptions(screen.getByLabelText("Filter by state"), "failed");
    await screen.findByRole("heading", { name: "No experiment matches" });
  });
});

describe("live view", () => {
  async function openLive(epochs: number) {
    const server = new FakeServer().install();
    server.experiments = [experiment()];
    const app = renderApp(`/experiments/${TASK_ID}`);
    await waitFor(() => expect(server.sockets).toHaveLength(1));
    const socket = server.sockets[0]!;
    const events = history({ epochs });
    server.events = events;
    return { server, socket, events, ...app };
  }

  it("grows with the events of the socket, in numbers and in words", async () => {
    const { socket, events, user } = await openLive(4);
    expect(socket.url).toContain(`/ws/task_status/${TASK_ID}?after=0`);
    act(() => {
      socket.open();
      socket.deliver(...events.slice(0, 7));
    });
    const chart = await screen.findByRole("slider", {
      name: /Learning curve. 2 epochs. Best validation loss 0.6, at epoch 2/,
    });
    chart.focus();
    await user.keyboard("{Home}");
    expect(chart.getAttribute("aria-valuetext")).toContain("Epoch 1, Training loss: 1");
    const figure = chart.closest("figure")!;
    await user.click(within(figure).getByRole("button", { name: "Show table" }));
    expect(within(figure).getAllByRole("row")).toHaveLength(3);
    expect(screen.getByText("Mean absolute error", { exact: false })).toBeTruthy();
  });

  it("offers the report at the end", async () => {
    const { socket, events, server } = await openLive(3);
    Object.assign(server.experiments[0]!, { state: "succeeded", actions: ["rerun"] });
    act(() => socket.deliver(...events));
    await screen.findByRole("link", { name: "Open the report" });
    await waitFor(() => expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull());
  });

  it("promises no curve once it has ended without an epoch", async () => {
    const { socket, events } = await openLive(0);
    await screen.findByRole("heading", { name: "Learning curve" });
    act(() => socket.deliver(...events));
    await waitFor(() => expect(screen.queryByRole("heading", { name: "Learning curve" })).toBeNull());
  });

  it("fills what a cut socket missed", async () => {
    const { socket, events } = await openLive(4);
    act(() => socket.deliver(events[0]!, events[1]!, ...events.slice(6)));
    await screen.findByRole("link", { name: "Open the report" }, { timeout: 3000 });
    expect(screen.getByRole("slider", { name: /4 epochs/ })).toBeTruthy();
  });

  it("says that the connection was lost", async () => {
    const { socket } = await openLive(4);
    act(() => socket.cut(1006));
    await screen.findByText("The live connection was lost");
  });

  it("asks before it cancels", async () => {
    const { socket, events, user, server } = await openLive(4);
    act(() => socket.deliver(...events.slice(0, 4)));
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel this experiment?" });
    await user.click(within(dialog).getByRole("button", { name: "Keep training" }));
    expect(server.asked).not.toContain(`POST /experiments/${TASK_ID}/cancel`);
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await user.click(await screen.findByRole("button", { name: "Yes, cancel it" }));
    await waitFor(() => expect(server.asked).toContain(`POST /experiments/${TASK_ID}/cancel`));
  });

  it("says that an experiment is not there", async () => {
    new FakeServer().install();
    renderApp(`/experiments/${TASK_ID}`);
    await screen.findByRole("heading", { name: "There is no such experiment" });
  });
});

describe("report", () => {
  it("begins with the verdict and shows every baseline beside the model", async () => {
    const server = new FakeServer().install();
    server.experiments = [experiment({ state: "succeeded" })];
    server.results = results();
    server.artifacts = [
      {
        name: "report.html",
        kind: "report",
        media_type: "text/html",
        sha256: "0",
        bytes: 2048,
        url: "/api/v1/x",
      },
    ];
    renderApp(`/experiments/${TASK_ID}/report`);
    const table = await screen.findByRole("table", { name: /Metrics of the model/ });
    const rows = within(table)
      .getAllByRole("rowheader")
      .map((cell) => cell.textContent);
    expect(rows).toEqual(["Model", ...server.results.baselines.map(({ title }) => title.en)]);
    expect(screen.getByRole("heading", { name: server.results.verdict.sentence.en })).toBeTruthy();
    expect((await screen.findByRole("link", { name: "Download report.html" })).getAttribute("href")).toBe(
      "/api/v1/x",
    );
  });

  it("waits until there is one", async () => {
    const server = new FakeServer().install();
    server.experiments = [experiment()];
    renderApp(`/experiments/${TASK_ID}/report`);
    await screen.findByRole("heading", { name: "The report is not written yet" });
  });
});

describe("system", () => {
  it("lists workers, pipelines and apps that could not be loaded", async () => {
    const server = new FakeServer().install();
    server.catalog.broken = [{ entry_point: "comet", error: "ImportError: no module", hint: "Install it." }];
    server.catalog.live_workers = [
      {
        worker_id: "w1",
        host: "anvil",
        started_at: "2026-01-05T09:00:00Z",
        version: "0.1.0",
        device: "cpu",
        device_reason: "",
        capacity: 2,
        busy: 1,
        pipelines: ["stock_predictor"],
      },
    ];
    renderApp("/system");
    await screen.findByText("1 app could not be loaded");
    expect(screen.getByText("anvil")).toBeTruthy();
    expect(screen.getByText("1 of 2 slots busy")).toBeTruthy();
    expect(screen.getByText("Stock predictor")).toBeTruthy();
  });
});

it("says that a page is not there", async () => {
  new FakeServer().install();
  renderApp("/nowhere");
  await screen.findByRole("heading", { name: "There is no such page" });
});
