import { vi } from "vitest";
import type {
  ArtifactRead,
  Catalog,
  CheckpointRead,
  Event,
  ExperimentCreate,
  ExperimentRead,
  FieldProblem,
  PipelineManifest,
  ProofRead,
  Results,
} from "@/lib/api/schema.gen";
import { json, problem } from "./answers";
import { FakeAccounts } from "./fakeAccounts";
import resultsDocument from "./data/results.json";
import stockSchema from "./data/stockSchema.json";
import { TASK_ID } from "./history";

export const CHILD_ID = "0197a000-0000-7000-8000-0000000000c1";
const ORDERS: Record<string, Partial<ExperimentRead>> = {
  cancel: { state: "cancelling", is_cancel_requested: true, actions: [] },
  pause: { state: "pausing", actions: ["cancel"] },
  resume: { state: "queued", actions: ["pause", "cancel"] },
  archive: { archived_at: "2026-01-05T10:00:00Z", actions: ["unarchive", "delete"] },
};

/** An API in memory: it answers `fetch` and opens sockets, and a test changes what it holds. Never shipped. */
export class FakeServer {
  readonly accounts = new FakeAccounts();
  experiments: ExperimentRead[] = [];
  events: Event[] = [];
  artifacts: ArtifactRead[] = [];
  results: Results | null = null;
  catalog: Catalog = {
    pipelines: [stockManifest()],
    broken: [],
    workers: 1,
    live_workers: [],
  };
  /** Problems that the next POST of an experiment is answered with. */
  refusal: FieldProblem[] | null = null;
  isDown = false;
  checkpoints: CheckpointRead[] = [];
  proof: ProofRead | null = null;
  /** Orders that made another experiment. */
  readonly made: { order: string; body: object }[] = [];
  readonly submitted: { body: ExperimentCreate; key: string | null }[] = [];
  readonly asked: string[] = [];
  readonly sockets: FakeSocket[] = [];

  install(): this {
    vi.stubGlobal("fetch", (input: string, init: RequestInit = {}) => this.answer(input, init));
    const { sockets } = this;
    vi.stubGlobal(
      "WebSocket",
      class extends FakeSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
    );
    return this;
  }

  private async answer(input: string, init: RequestInit): Promise<Response> {
    await Promise.resolve();
    if (this.isDown) throw new TypeError("Failed to fetch");
    const url = new URL(input, "http://forge.test");
    const method = init.method ?? "GET";
    const path = url.pathname.replace("/api/v1", "");
    this.asked.push(`${method} ${path}${url.search}`);
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    const personal = this.accounts.answer(path, { method, body });
    if (personal) return personal;
    if (path === "/pipelines") return json(this.catalog);
    if (path === "/ready") return json({ status: "ok", version: "0.1.0", checks: { ledger: "ok" } });
    if (path === "/experiments" && method === "POST") return this.submit(init);
    if (path === "/experiments") return this.list(url.searchParams);
    return this.one(path, method, init);
  }

  private submit(init: RequestInit): Response {
    const body = JSON.parse(init.body as string) as ExperimentCreate;
    this.submitted.push({ body, key: new Headers(init.headers).get("Idempotency-Key") });
    if (this.refusal) return problem("config_invalid", 422, this.refusal);
    this.experiments.unshift(experiment({ name: body.name ?? "calm-forge" }));
    return json({ task_id: TASK_ID, state: "queued", warnings: [] }, 202);
  }

  private list(search: URLSearchParams): Response {
    const items = this.experiments.filter(
      ({ name, state }) => name.includes(search.get("q") ?? "") && (search.get("state") ?? state) === state,
    );
    const limit = Number(search.get("limit"));
    const start = Number(search.get("cursor") ?? 0);
    const next = start + limit < items.length ? String(start + limit) : null;
    return json({ items: items.slice(start, start + limit), next_cursor: next, total: items.length });
  }

  /** An order changes the experiment; the others make a new one. */
  private act(found: ExperimentRead, order: string, init: RequestInit): Response {
    const next = ORDERS[order];
    if (next) return json(Object.assign(found, next), 202);
    this.made.push({ order, body: JSON.parse(init.body as string) as object });
    const child = experiment({ task_id: CHILD_ID, name: "child", parent: found.task_id });
    this.experiments.unshift(child);
    return json({ task_id: CHILD_ID, state: "queued", warnings: [] }, 202);
  }

  private one(path: string, method: string, init: RequestInit): Response {
    const [, , id, rest = "", name] = path.split("/");
    const found = this.experiments.find(({ task_id }) => task_id === id);
    if (!found) return problem("not_found", 404);
    if (method === "POST") return this.act(found, rest, init);
    if (method === "PATCH") return json(Object.assign(found, JSON.parse(init.body as string)));
    if (method === "DELETE") {
      this.experiments = this.experiments.filter((one) => one !== found);
      return new Response(null, { status: 204 });
    }
    if (rest === "checkpoints") return json(this.checkpoints);
    if (rest === "proof") return json(this.proof);
    if (rest === "logs") return json({ type: "recent", logs: [], system: [] });
    if (rest === "events") return json({ items: this.events, last_seq: this.events.length, has_more: false });
    if (rest === "artifacts" && name === undefined) return json(this.artifacts);
    if (rest === "artifacts") return this.results ? json(this.results) : problem("not_found", 404);
    return json(found);
  }
}

export class FakeSocket {
  static readonly OPEN = 1;
  readyState = 1;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  send(): void {
    // the server side of a test has nothing to do with what a client says
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.onopen?.();
  }
  deliver(...frames: object[]): void {
    frames.forEach((frame) => this.onmessage?.({ data: JSON.stringify(frame) }));
  }
  cut(code: number): void {
    this.onclose?.({ code });
  }
}

export function experiment(given: Partial<ExperimentRead> = {}): ExperimentRead {
  return {
    task_id: TASK_ID,
    name: "calm-forge",
    pipeline: "stock_predictor",
    pipeline_version: "0.1.0",
    state: "running",
    attempt: 1,
    crashes: 0,
    created_at: "2026-01-05T09:00:00Z",
    started_at: "2026-01-05T09:00:03Z",
    finished_at: null,
    updated_at: "2026-01-05T09:00:04Z",
    progress: null,
    metrics: {},
    score: null,
    failure: null,
    is_cancel_requested: false,
    last_seq: 1,
    config: {},
    config_hash: "0",
    seed: 42,
    worker_id: null,
    actions: ["pause", "cancel", "rerun"],
    archived_at: null,
    children: [],
    created_by: null,
    fork_point: null,
    origin: "new",
    parent: null,
    priority: 0,
    project: "",
    provenance: null,
    queue: null,
    retry_at: null,
    time_limit_s: null,
    ...given,
  };
}

export function stockManifest(): PipelineManifest {
  return {
    name: "stock_predictor",
    version: "0.1.0",
    app: "azuraforge-stock-predictor",
    title: { tr: "Hisse fiyatı tahmini", en: "Stock predictor" },
    description: { tr: "Günlük fiyatlardan öğrenir.", en: "Learns from daily prices." },
    task: "time_series",
    config_schema: structuredClone(stockSchema),
    defaults: {},
    sample: { source: { kind: "sample" }, training: { epochs: 20 } },
  };
}

export function results(): Results {
  return { ...structuredClone(resultsDocument), task_id: TASK_ID } as unknown as Results;
}
