import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { chooseLanguage } from "@/lib/i18n";
import { FakeServer } from "@/testing/fakeServer";
import { renderApp } from "@/testing/renderApp";

async function openForm() {
  const server = new FakeServer().install();
  const app = renderApp("/new");
  await screen.findByRole("form", { name: "Experiment config" });
  return { server, ...app };
}

const start = () => screen.getByRole("button", { name: "Start experiment" });

describe("NewExperiment", () => {
  it("draws the pipeline's schema with its defaults and submits exactly those", async () => {
    const { server, user } = await openForm();
    expect(screen.getByRole("textbox", { name: "Epochs" })).toHaveProperty("value", "50");
    expect(screen.getByRole("radio", { name: "Sample: Google 2004–2008" })).toHaveProperty("checked", true);
    await user.click(start());
    await waitFor(() => expect(server.submitted).toHaveLength(1));
    expect(server.submitted[0]?.body).toMatchObject({
      pipeline: "stock_predictor",
      config: { source: { kind: "sample" }, training: { epochs: 50, seed: 42 }, market: [] },
    });
    await screen.findByRole("heading", { name: "calm-forge" });
  });

  it("fills in the sample", async () => {
    const { server, user } = await openForm();
    await user.click(screen.getByRole("button", { name: "Fill in the sample" }));
    await user.type(screen.getByLabelText("Name of the experiment"), "mine");
    await user.click(start());
    await waitFor(() => expect(server.submitted[0]?.body.config).toMatchObject({ training: { epochs: 20 } }));
    expect(server.submitted[0]?.body.name).toBe("mine");
  });

  it("keeps what cannot be read, says why at the field, and moves the focus there", async () => {
    const { server, user } = await openForm();
    const epochs = screen.getByRole("textbox", { name: "Epochs" });
    await user.clear(epochs);
    await user.type(epochs, "many");
    await user.click(start());
    expect(epochs).toHaveProperty("value", "many");
    expect(document.activeElement).toBe(epochs);
    expect(epochs.getAttribute("aria-invalid")).toBe("true");
    const error = document.getElementById(`${epochs.id}-error`);
    expect(error?.textContent).toBe("Enter a whole number.");
    expect(epochs.getAttribute("aria-describedby")).toContain(error?.id);
    expect(server.submitted).toHaveLength(0);
    chooseLanguage("tr");
    await waitFor(() => expect(error?.textContent).toBe("Bir tam sayı yazın."));
  });

  it("shows the server's problem at its field, in the language of the person", async () => {
    const { server, user } = await openForm();
    server.refusal = [
      { pointer: "/config/training/epochs", code: "maximum", message: "English", params: { limit: 2000 } },
      { pointer: "/config/nowhere", code: "additional", message: "English", params: {} },
    ];
    await user.click(start());
    const epochs = screen.getByRole("textbox", { name: "Epochs" });
    await waitFor(() => expect(epochs.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(`${epochs.id}-error`)?.textContent).toBe("Must be at most 2,000.");
    const top = screen.getByRole("alert");
    expect(within(top).getByText("/nowhere")).toBeTruthy();
    chooseLanguage("tr");
    await screen.findByText("En fazla 2.000 olabilir.");
    expect(within(screen.getByRole("alert")).getByText(/Bu alan bilinmiyor/)).toBeTruthy();
  });

  it("says an unknown problem in the server's own words", async () => {
    const { server, user } = await openForm();
    server.refusal = [
      { pointer: "/config/training/epochs", code: "from_the_future", message: "Too early.", params: {} },
    ];
    await user.click(start());
    await screen.findByText("Too early.");
  });

  it("opens the fold around a wrong advanced field", async () => {
    const { server, user } = await openForm();
    server.refusal = [
      { pointer: "/config/training/seed", code: "minimum", message: "", params: { limit: 0 } },
    ];
    await user.click(start());
    const seed = await screen.findByRole("textbox", { name: "Seed" });
    await waitFor(() => expect(seed.closest("details")?.open).toBe(true));
  });

  it("keeps each branch of a union while another is looked at", async () => {
    const { user } = await openForm();
    await user.click(screen.getByRole("radio", { name: "Yahoo Finance" }));
    await user.type(screen.getByRole("textbox", { name: "Symbol" }), "AAPL");
    await user.click(screen.getByRole("radio", { name: "My CSV file" }));
    expect(screen.queryByRole("textbox", { name: "Symbol" })).toBeNull();
    await user.click(screen.getByRole("radio", { name: "Yahoo Finance" }));
    expect(screen.getByRole("textbox", { name: "Symbol" })).toHaveProperty("value", "AAPL");
  });

  it("reads a CSV file, shows its first rows and sends its text", async () => {
    const { server, user } = await openForm();
    await user.click(screen.getByRole("radio", { name: "My CSV file" }));
    const text = "Date,Close\n2024-01-02,10\n2024-01-03,11\n";
    await user.upload(
      screen.getByLabelText("CSV file"),
      new File([text], "prices.csv", { type: "text/csv" }),
    );
    await screen.findByRole("columnheader", { name: "Close" });
    expect(screen.getByText(/prices.csv: 2 rows/)).toBeTruthy();
    await user.click(start());
    await waitFor(() =>
      expect(server.submitted[0]?.body.config).toMatchObject({ source: { kind: "csv", csv: text } }),
    );
  });

  it("refuses a file that could not be sent", async () => {
    const { user } = await openForm();
    await user.click(screen.getByRole("radio", { name: "My CSV file" }));
    await user.upload(screen.getByLabelText("CSV file"), new File(["x".repeat(900_001)], "big.csv"));
    await screen.findByText(/The file has 900/);
  });

  it("keeps a draft over a reload", async () => {
    const { user, unmount } = await openForm();
    await user.type(screen.getByLabelText("Name of the experiment"), "half done");
    unmount();
    renderApp("/new");
    expect(await screen.findByLabelText("Name of the experiment")).toHaveProperty("value", "half done");
  });

  it("repeats a lost submission under the same key, and a changed one under another", async () => {
    const { server, user } = await openForm();
    server.isDown = true;
    await user.click(start());
    await screen.findByText("The server cannot be reached");
    server.isDown = false;
    server.refusal = [
      { pointer: "/config/training/epochs", code: "maximum", message: "", params: { limit: 9 } },
    ];
    await user.click(start());
    await waitFor(() => expect(server.submitted).toHaveLength(1));
    await user.click(start());
    await waitFor(() => expect(server.submitted).toHaveLength(2));
    await user.type(screen.getByRole("textbox", { name: "Epochs" }), "1");
    await user.click(start());
    await waitFor(() => expect(server.submitted).toHaveLength(3));
    const [first, second, third] = server.submitted.map(({ key }) => key);
    expect(first).toBe(second);
    expect(third).not.toBe(second);
  });

  it("says what to do when no worker offers anything", async () => {
    const server = new FakeServer().install();
    server.catalog = { pipelines: [], broken: [], workers: 0, live_workers: [] };
    renderApp("/new");
    await screen.findByRole("heading", { name: "There is no pipeline to run" });
  });
});
