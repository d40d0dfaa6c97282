import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { CheckpointRead, ExperimentRead, ProofRead } from "@/lib/api/schema.gen";
import { CHILD_ID, experiment, FakeServer } from "@/testing/fakeServer";
import { TASK_ID } from "@/testing/history";
import { renderApp } from "@/testing/renderApp";

function open(given: Partial<ExperimentRead> = {}, path = "") {
  const server = new FakeServer().install();
  server.experiments = [experiment(given)];
  return { server, ...renderApp(`/experiments/${TASK_ID}${path}`) };
}

function checkpoint(given: Partial<CheckpointRead>): CheckpointRead {
  return {
    seq: 1,
    attempt: 1,
    epoch: 1,
    step: 10,
    sha256: "0",
    bytes: 2048,
    is_best: false,
    is_kept: true,
    at: "2026-01-05T09:05:00Z",
    ...given,
  };
}

describe("what may be asked of an experiment", () => {
  it("is what the server says, and an order shows at once", async () => {
    const { user, server } = open();
    expect(screen.queryByRole("button", { name: "Resume" })).toBeNull();
    await user.click(await screen.findByRole("button", { name: "Pause" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Pause" })).toBeNull());
    expect(server.asked).toContain(`POST /experiments/${TASK_ID}/pause`);
  });

  it("is reached by keyboard in the menu, which gives the focus back", async () => {
    const { user } = open({ state: "succeeded", actions: ["rerun", "fork", "prove", "archive", "delete"] });
    const more = await screen.findByRole("button", { name: "More actions" });
    more.focus();
    await user.keyboard("{Enter}");
    const items = within(screen.getByRole("menu")).getAllByRole("menuitem");
    expect(document.activeElement).toBe(items[0]);
    await user.keyboard("{ArrowUp}");
    expect(document.activeElement).toBe(items.at(-1));
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(more);
  });

  it("makes another experiment once, and opens it", async () => {
    const { user, server, router } = open({ state: "failed", actions: ["retry", "rerun"] });
    await user.click(await screen.findByRole("button", { name: "Continue from the last checkpoint" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/experiments/${CHILD_ID}`));
    expect(server.made).toEqual([{ order: "retry", body: {} }]);
  });

  it("deletes after a question that names what else needs it", async () => {
    const child = { task_id: CHILD_ID, name: "grown from it", state: "succeeded", origin: "fork" } as const;
    const { user, server, router } = open({ state: "failed", actions: ["delete"], children: [child] });
    await user.click(await screen.findByRole("button", { name: "More actions" }));
    await user.click(screen.getByRole("menuitem", { name: "Delete…" }));
    const dialog = screen.getByRole("dialog", { name: "Delete “calm-forge”?" });
    expect(within(dialog).getByText("grown from it")).toBeTruthy();
    await user.click(within(dialog).getByRole("button", { name: "Yes, delete it" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    expect(server.experiments).toEqual([]);
  });

  it("takes a name, a priority and hours with a comma", async () => {
    const { user, server } = open();
    await user.click(await screen.findByRole("button", { name: "More actions" }));
    await user.click(screen.getByRole("menuitem", { name: "Name, priority, time limit" }));
    const dialog = screen.getByRole("dialog", { name: "Settings of this experiment" });
    const hours = within(dialog).getByRole("textbox", { name: "Time limit in hours" });
    await user.type(hours, "-1");
    expect(within(dialog).getByText("Enter hours above 0, at most 8,760.")).toBeTruthy();
    await user.clear(hours);
    await user.type(hours, "1,5");
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(server.experiments[0]!.time_limit_s).toBe(5400));
  });
});

describe("a fork", () => {
  it("starts from a kept checkpoint and sends only what was changed", async () => {
    const server = new FakeServer().install();
    server.experiments = [experiment({ config: { source: { kind: "sample" }, training: { epochs: 20 } } })];
    server.checkpoints = [
      checkpoint({ seq: 9, epoch: 3 }),
      checkpoint({ seq: 5, epoch: 2, is_best: true }),
      checkpoint({ seq: 3, epoch: 1, is_kept: false }),
    ];
    const { user, router } = renderApp(`/experiments/${TASK_ID}/fork`);
    await user.click(await screen.findByRole("radio", { name: /After epoch 2/ }));
    expect(screen.queryByRole("radio", { name: /After epoch 1/ })).toBeNull();
    const epochs = await screen.findByLabelText("Epochs");
    await user.clear(epochs);
    await user.type(epochs, "40");
    await user.click(screen.getByRole("button", { name: "Start experiment" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/experiments/${CHILD_ID}`));
    const { order, body } = server.made[0]!;
    expect(order).toBe("fork");
    expect(body).toMatchObject({ seq: 5, changes: { training: { epochs: 40 } } });
  });

  it("says why there is none when no checkpoint was kept", async () => {
    open({}, "/fork");
    await screen.findByRole("heading", { name: "No checkpoint of this experiment was kept" });
  });
});

describe("a proof", () => {
  it("names the first epoch and layer that differ", async () => {
    const server = new FakeServer().install();
    server.experiments = [
      experiment({ origin: "proof", parent: CHILD_ID, state: "succeeded" }),
      experiment({ task_id: CHILD_ID }),
    ];
    server.proof = {
      task_id: CHILD_ID,
      other: TASK_ID,
      verdict: "differs",
      state: "succeeded",
      other_state: "succeeded",
      epochs_compared: 3,
      layers_compared: 2,
      is_final_compared: true,
      difference: { epoch: 2, layer: "1.lstm", metric: null, expected: "a", found: "b" },
      provenance: [{ name: "seed", expected: 1, found: 2 }],
    } satisfies ProofRead;
    renderApp(`/experiments/${TASK_ID}`);
    await screen.findByText("Not reproduced");
    expect(screen.getByText("The first difference is after epoch 2: 1.lstm.")).toBeTruthy();
    expect(screen.getByRole("row", { name: "Seed 1 2" })).toBeTruthy();
  });
});
