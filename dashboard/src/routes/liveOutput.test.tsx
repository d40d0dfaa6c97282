import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { experiment, FakeServer } from "@/testing/fakeServer";
import { history, TASK_ID } from "@/testing/history";
import { renderApp } from "@/testing/renderApp";

const record = (n: number, level: string, message: string) => ({
  level,
  message,
  logger: "azuraforge.trainer",
  n,
  attempt: 1,
  ts: "2026-01-05T09:00:00Z",
});

const sample = (second: number) => ({
  ts: new Date(Date.UTC(2026, 0, 5, 9, 0, second)).toISOString(),
  attempt: 1,
  cpu_percent: 100 + second,
  memory_bytes: 200 * 1024 ** 2,
  threads: 4,
  processes: 1,
  gpu_percent: null,
  gpu_memory_bytes: null,
  gpu_memory_total_bytes: null,
});

describe("the live page's log and use of the machine", () => {
  it("show what came before and what comes, by level, as a picture and as a table", async () => {
    const server = new FakeServer().install();
    server.experiments = [experiment()];
    server.events = history({ epochs: 2 }).slice(0, 4);
    const { user } = renderApp(`/experiments/${TASK_ID}`);
    await waitFor(() => expect(server.sockets).toHaveLength(1));
    const logs = [
      record(1, "info", "epoch 1 of 2"),
      record(2, "warning", "12 rows have no price\nthey are left out"),
    ];
    act(() => {
      server.sockets[0]?.open();
      server.sockets[0]?.deliver({ type: "recent", logs, system: [sample(0), sample(2)] });
    });
    const log = await screen.findByRole("log", { name: "Log" });
    expect(
      within(log)
        .getAllByRole("listitem")
        .map((line) => line.textContent),
    ).toEqual([
      expect.stringContaining("epoch 1 of 2"),
      expect.stringContaining("12 rows have no price"),
      "they are left out",
    ]);
    await user.click(screen.getByRole("radio", { name: "Warnings" }));
    expect(within(log).queryByText("epoch 1 of 2")).toBeNull();
    expect(within(log).getByText("12 rows have no price")).toBeTruthy();

    expect(screen.getByRole("img", { name: "Processor: now 102%, at most 102%" })).toBeTruthy();
    expect(screen.queryByRole("img", { name: /^GPU/ })).toBeNull();
    const usage = screen.getByRole("region", { name: "Use of the machine" });
    await user.click(within(usage).getByRole("button", { name: "Show table" }));
    const table = within(usage).getByRole("table", { name: "Processor, Memory" });
    expect(within(table).getAllByRole("row")).toHaveLength(3);
    expect(within(table).getByRole("columnheader", { name: "Memory (MB)" })).toBeTruthy();
  });
});
