// Generated from packages/contracts by `npm run generate`; do not edit. `npm test` fails when it is stale.
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/**
 * What is written down.
 */
export type AuditAction =
  | "signed_in"
  | "sign_in_failed"
  | "signed_out"
  | "session_ended"
  | "password_changed"
  | "link_created"
  | "user_created"
  | "user_changed"
  | "key_created"
  | "key_revoked"
  | "project_created"
  | "project_changed"
  | "member_put"
  | "member_removed"
  | "experiment_created"
  | "experiment_changed"
  | "experiment_cancelled"
  | "experiment_paused"
  | "experiment_resumed"
  | "experiment_retried"
  | "experiment_forked"
  | "experiment_archived"
  | "experiment_restored"
  | "experiment_deleted";
/**
 * What can be asked for; each is idempotent, those that create with an `Idempotency-Key`.
 */
export type ControlAction =
  "pause" | "resume" | "cancel" | "retry" | "rerun" | "fork" | "prove" | "archive" | "unarchive" | "delete";
/**
 * What kind of problem it is; the API alone maps a code to an HTTP status.
 */
export type ErrorCode =
  | "artifact_damaged"
  | "body_too_large"
  | "broker_unavailable"
  | "checkpoint_missing"
  | "config_invalid"
  | "conflict"
  | "credentials_invalid"
  | "csrf_refused"
  | "forbidden"
  | "head_too_large"
  | "host_refused"
  | "http_invalid"
  | "idempotency_mismatch"
  | "internal"
  | "json_invalid"
  | "last_admin"
  | "ledger_unavailable"
  | "link_invalid"
  | "method_not_allowed"
  | "name_taken"
  | "not_found"
  | "password_required"
  | "password_unusable"
  | "pipeline_unknown"
  | "project_archived"
  | "referenced"
  | "request_invalid"
  | "request_timeout"
  | "state_conflict"
  | "too_many_requests"
  | "unauthenticated"
  | "unsupported_media_type";
/**
 * Stored types carry a gap-free `seq`; droppable ones carry `after_seq` instead.
 */
export type EventType =
  "state" | "epoch" | "artifact" | "checkpoint" | "resumed" | "warning" | "end" | "batch" | "log" | "system";
/**
 * Where an experiment stands; the ledger holds the table of arrows between them.
 */
export type ExperimentState =
  | "queued"
  | "starting"
  | "running"
  | "cancelling"
  | "pausing"
  | "paused"
  | "retry_wait"
  | "succeeded"
  | "failed"
  | "cancelled";
/**
 * Why an experiment ended as `failed`.
 */
export type FailureCode =
  | "user_error"
  | "out_of_memory"
  | "diverged"
  | "data_error"
  | "worker_lost"
  | "crash_loop"
  | "no_worker"
  | "storage_low"
  | "timeout";
/**
 * Where an experiment came from: thought up anew, or made from its parent.
 */
export type Origin = "new" | "rerun" | "fork" | "proof";
/**
 * What an API key may do, as far as its owner may; each allows what the ones before it allow.
 */
export type Scope = "read" | "write" | "admin";
/**
 * What a trainer says.
 */
export type LineType =
  | "ready"
  | "epoch"
  | "checkpoint"
  | "data"
  | "artifact"
  | "warning"
  | "batch"
  | "log"
  | "stopped"
  | "failed"
  | "finished";
/**
 * What a one-time link is good for.
 */
export type LinkPurpose = "setup" | "session" | "invite" | "reset";
/**
 * What a member may do in a project; each may do what the ones before it may.
 */
export type Role = "viewer" | "editor" | "admin";
/**
 * What a supervisor says.
 */
export type OrderType = "ack" | "cancel" | "pause";
/**
 * What came out of a comparison.
 */
export type ProofVerdict = "reproduced" | "differs" | "pending" | "incomparable";
/**
 * Why an attempt ended although its training had not.
 */
export type ReasonCode =
  | "worker_stops"
  | "worker_lost"
  | "supervisor_failed"
  | "trainer_exited"
  | "trainer_killed"
  | "trainer_signalled"
  | "trainer_silent"
  | "trainer_stopped"
  | "retry_due";

/**
 * Data of `artifact`: a complete file below the attempt's folder.
 */
export interface ArtifactFile {
  bytes: number;
  kind: string;
  media_type: string;
  name: string;
  path: string;
  sha256: string;
}
/**
 * A downloadable file of an experiment; `url` is a path on the same origin.
 */
export interface ArtifactRead {
  bytes: number;
  kind: string;
  media_type: string;
  name: string;
  sha256: string;
  url: string;
}
/**
 * Data of `artifact`: a file that the experiment produced and that may be downloaded.
 */
export interface ArtifactSaved {
  bytes: number;
  kind: string;
  media_type: string;
  name: string;
  sha256: string;
}
/**
 * Who did what to what, when and from where. Nothing secret is in it.
 */
export interface AuditEntry {
  action: AuditAction | string;
  actor: string;
  actor_name: string;
  address: string;
  at: string;
  detail: {
    [k: string]: JsonValue;
  };
  id: string;
  project: string | null;
  subject: string;
}
/**
 * `GET /api/v1/audit`, newest first; `next_cursor` is null on the last page.
 */
export interface AuditPage {
  items: AuditEntry[];
  next_cursor: string | null;
}
/**
 * A naive answer on the same split.
 */
export interface BaselineResult {
  metrics: {
    [k: string]: number | null;
  };
  name: string;
  title: Localized;
}
/**
 * One text in both languages of the interface.
 */
export interface Localized {
  en: string;
  tr: string;
}
/**
 * Data of `batch` (droppable): where inside an epoch the training is.
 */
export interface BatchProgress {
  batch: number;
  batches: number;
  epoch: number;
  epochs: number;
  loss: number | null;
  samples_per_s: number | null;
}
/**
 * An app that could not be loaded; the others are offered all the same.
 */
export interface BrokenApp {
  entry_point: string;
  error: string;
  hint: string;
}
/**
 * All live workers' announcements merged: `GET /api/v1/pipelines`.
 */
export interface Catalog {
  broken: BrokenApp[];
  live_workers: WorkerRead[];
  pipelines: PipelineManifest[];
  workers: number;
}
/**
 * A live worker as the dashboard lists it: its announcement without the schemas.
 */
export interface WorkerRead {
  busy: number;
  capacity: number;
  device: string;
  device_reason: string;
  host: string;
  pipelines: string[];
  started_at: string;
  version: string;
  worker_id: string;
}
/**
 * One pipeline: its name, its words and the JSON Schema (2020-12) of its config, defaults included.
 */
export interface PipelineManifest {
  app: string;
  config_schema: {
    [k: string]: JsonValue;
  };
  defaults: {
    [k: string]: JsonValue;
  };
  description: Localized;
  name: string;
  sample: {
    [k: string]: JsonValue;
  };
  task: string;
  title: Localized;
  version: string;
}
/**
 * Data of `checkpoint`: a complete folder below the attempt's folder.
 */
export interface CheckpointFile {
  bytes: number;
  epoch: number;
  is_best: boolean;
  path: string;
  sha256: string;
  step: number;
}
/**
 * A checkpoint of an experiment. A kept one is in the artifact store and can be forked from.
 */
export interface CheckpointRead {
  at: string;
  attempt: number;
  bytes: number;
  epoch: number;
  is_best: boolean;
  is_kept: boolean;
  seq: number;
  sha256: string;
  step: number;
}
/**
 * Data of `checkpoint`: everything needed to continue after `epoch` is on disk.
 */
export interface CheckpointSaved {
  bytes: number;
  epoch: number;
  is_best: boolean;
  sha256: string;
  step: number;
}
/**
 * Which data was used and how it was split.
 */
export interface DataCard {
  features: string[];
  first: string;
  last: string;
  notes: Localized[];
  rows: number;
  sha256: string;
  source: string;
  split: {
    [k: string]: number;
  };
  target: string;
}
/**
 * Data of a trainer's `data` line: which data it trains on.
 */
export interface DataFound {
  sha256: string;
}
/**
 * The first thing that is not the same.
 */
export interface Difference {
  epoch: number | null;
  expected: JsonValue;
  found: JsonValue;
  layer: string | null;
  metric: string | null;
}
/**
 * Data of `epoch`. Epochs count from 1. A value that is not finite is null and named in `nonfinite`.
 */
export interface EpochFinished {
  epoch: number;
  epochs: number;
  eta_s: number | null;
  learning_rate: number | null;
  metrics: {
    [k: string]: number | null;
  };
  nonfinite: string[];
  preview: SeriesPreview | null;
  seconds: number;
  weights: {
    [k: string]: string;
  };
}
/**
 * Predicted against actual on a sample of the validation part, in the target's own unit.
 */
export interface SeriesPreview {
  actual: (number | null)[];
  kind: "series";
  predicted: (number | null)[];
  split: string;
  unit: string;
  x: string[];
}
/**
 * One epoch's metrics.
 */
export interface EpochRow {
  epoch: number;
  metrics: {
    [k: string]: number | null;
  };
}
/**
 * One fact. `type` may be one that this version does not know yet; it is then kept and passed on.
 */
export interface Event {
  after_seq: number | null;
  attempt: number;
  data: {
    [k: string]: JsonValue;
  };
  experiment: string;
  seq: number | null;
  ts: string;
  type: EventType | string;
  v: number;
}
/**
 * `GET /api/v1/experiments/{id}/events?after=N`: events in order of `seq`.
 */
export interface EventPage {
  has_more: boolean;
  items: Event[];
  last_seq: number;
}
/**
 * The 202 answer: the experiment is durable, whatever happens to the broker.
 */
export interface ExperimentAccepted {
  state: ExperimentState;
  task_id: string;
  warnings: string[];
}
/**
 * `POST /api/v1/experiments`. An `Idempotency-Key` header makes a repeat return the first answer.
 */
export interface ExperimentCreate {
  config?: {
    [k: string]: JsonValue;
  };
  name?: string | null;
  pipeline: string;
  priority?: number;
  project?: string | null;
  time_limit_s?: number | null;
}
/**
 * Data of `end`: the last event of every experiment.
 */
export interface ExperimentEnded {
  epochs_run: number;
  failure: Failure | null;
  score: Score | null;
  seconds: number;
  state: ExperimentState;
}
/**
 * Why an experiment failed, in words for its owner. Tracebacks stay in the private log.
 */
export interface Failure {
  code: FailureCode | string;
  hint: string;
  message: string;
  params: {
    [k: string]: string | number;
  };
}
/**
 * How good the model is beside the best naive baseline, on the test part.
 */
export interface Score {
  baseline: string;
  baseline_value: number | null;
  beats_baseline: boolean | null;
  metric: string;
  skill: number | null;
  unit: string;
  value: number | null;
}
/**
 * Another experiment, named.
 */
export interface ExperimentLink {
  name: string;
  origin: Origin | string;
  state: ExperimentState;
  task_id: string;
}
/**
 * A page of the list, newest first; `next_cursor` is null on the last one.
 */
export interface ExperimentPage {
  items: ExperimentSummary[];
  next_cursor: string | null;
  total: number;
}
/**
 * One line of the list.
 */
export interface ExperimentSummary {
  actions: (ControlAction | string)[];
  archived_at: string | null;
  attempt: number;
  crashes: number;
  created_at: string;
  created_by: string | null;
  failure: Failure | null;
  finished_at: string | null;
  is_cancel_requested: boolean;
  last_seq: number;
  metrics: {
    [k: string]: number | null;
  };
  name: string;
  origin: Origin | string;
  parent: string | null;
  pipeline: string;
  pipeline_version: string;
  priority: number;
  progress: Progress | null;
  project: string;
  retry_at: string | null;
  score: Score | null;
  started_at: string | null;
  state: ExperimentState;
  task_id: string;
  time_limit_s: number | null;
  updated_at: string;
}
/**
 * How far a training is.
 */
export interface Progress {
  epoch: number;
  epochs: number;
  eta_s: number | null;
}
/**
 * `PATCH /api/v1/experiments/{task_id}`: what is left out stays; a `time_limit_s` of null takes the limit away.
 */
export interface ExperimentPatch {
  name?: string | null;
  priority?: number | null;
  time_limit_s?: number | null;
}
/**
 * Everything about one experiment but its events.
 */
export interface ExperimentRead {
  actions: (ControlAction | string)[];
  archived_at: string | null;
  attempt: number;
  children: ExperimentLink[];
  config: {
    [k: string]: JsonValue;
  };
  config_hash: string;
  crashes: number;
  created_at: string;
  created_by: string | null;
  failure: Failure | null;
  finished_at: string | null;
  fork_point: ForkPoint | null;
  is_cancel_requested: boolean;
  last_seq: number;
  metrics: {
    [k: string]: number | null;
  };
  name: string;
  origin: Origin | string;
  parent: string | null;
  pipeline: string;
  pipeline_version: string;
  priority: number;
  progress: Progress | null;
  project: string;
  provenance: Provenance | null;
  queue: QueuePlace | null;
  retry_at: string | null;
  score: Score | null;
  seed: number | null;
  started_at: string | null;
  state: ExperimentState;
  task_id: string;
  time_limit_s: number | null;
  updated_at: string;
  worker_id: string | null;
}
/**
 * Where an experiment starts: a kept checkpoint of another one. Its own epochs count on from `epoch`.
 */
export interface ForkPoint {
  bytes: number;
  epoch: number;
  experiment: string;
  seq: number;
  sha256: string;
  step: number;
  stored_sha256: string;
}
/**
 * Stored when an experiment begins; of its newest attempt.
 */
export interface Provenance {
  app: string;
  app_digest: string;
  app_version: string;
  changed: string[];
  code_version: string;
  config_hash: string;
  data_hash: string;
  device: string;
  kernels: string;
  machine: Machine;
  pipeline_version: string;
  seed: number | null;
  threads: number;
  versions: {
    [k: string]: string;
  };
  weights_hash: string;
}
/**
 * The computer that trained.
 */
export interface Machine {
  architecture: string;
  cores: number;
  cpu: string;
  instructions: string[];
}
/**
 * Where an experiment waits among those that the same workers would take, and what that may mean in time.
 *
 * The estimates are medians of what was measured before; null, with `reason` in words, where nothing was.
 */
export interface QueuePlace {
  basis: string;
  capacity: number;
  position: number;
  reason: string;
  starts_in_s: number | null;
  trains_for_s: number | null;
  waiting: number;
  workers: number;
}
/**
 * Value of the `x-azf` keyword of a config field: how a form shows it.
 */
export interface FieldPresentation {
  choices: {
    [k: string]: Localized;
  };
  help: Localized | null;
  is_advanced: boolean;
  title: Localized;
  unit: string;
}
/**
 * One wrong field: where (RFC 6901 pointer into the request body), what kind, and a sentence.
 */
export interface FieldProblem {
  code: string;
  message: string;
  params: {
    [k: string]: string | number | boolean | string[] | null;
  };
  pointer: string;
}
/**
 * `POST …/{task_id}/fork`: go on from a kept checkpoint with another config.
 */
export interface ForkRequest {
  changes?: {
    [k: string]: JsonValue;
  };
  epoch?: number | null;
  name?: string | null;
  priority?: number | null;
  seq?: number | null;
}
/**
 * `GET /api/v1/health` (alive) and `GET /api/v1/ready` (can serve): what stands and what does not.
 */
export interface Health {
  checks: {
    [k: string]: string;
  };
  status: string;
  version: string;
}
/**
 * Sent every 15 s: a client that has seen less than `seq` has a silent gap.
 */
export interface Heartbeat {
  seq: number;
  type: "heartbeat";
}
/**
 * What a trainer is told to do: a file in its own folder, no credential in it.
 */
export interface Job {
  attempt: number;
  config: {
    [k: string]: JsonValue;
  };
  config_hash: string;
  device: string;
  folder: string;
  pipeline: string;
  resume_from: string | null;
  resumed_epoch: number;
  task_id: string;
  threads: number;
  v: number;
}
/**
 * `POST /api/v1/keys`. `user` (a name) is for the owner key alone, which is nobody's.
 */
export interface KeyCreate {
  expires_in_days?: number | null;
  name: string;
  project?: string | null;
  /**
   * @minItems 1
   * @maxItems 3
   */
  scopes: [Scope] | [Scope, Scope] | [Scope, Scope, Scope];
  user?: string | null;
}
/**
 * A new API key: the only time that `key` is shown.
 */
export interface KeyCreated {
  key: string;
  read: KeyRead;
}
/**
 * An API key without its secret.
 */
export interface KeyRead {
  created_at: string;
  expires_at: string | null;
  id: string;
  name: string;
  prefix: string;
  project: string | null;
  scopes: Scope[];
  used_at: string | null;
  user: string;
  user_name: string;
}
/**
 * `GET /api/v1/keys`, newest first.
 */
export interface KeyList {
  items: KeyRead[];
}
/**
 * `POST /api/v1/auth/links`, with the owner key; an empty body asks for what is needed now.
 *
 * `setup` makes the first admin, and is refused as soon as there is one; `session` signs `user` in (by name; the first
 * admin without one). Links to choose a password are made by `POST /api/v1/users/{id}/links`.
 */
export interface LinkCreate {
  purpose?: ("setup" | "session") | null;
  user?: string | null;
}
/**
 * A link that works once: `POST /api/v1/auth/links`, `POST /api/v1/users/{id}/links`.
 */
export interface LinkCreated {
  expires_at: string;
  path: string;
  /**
   * What a one-time link is good for.
   */
  purpose: "setup" | "session" | "invite" | "reset";
  user: string;
}
/**
 * What a link is for, without using it up: a page asks for a name and a password where they are needed.
 */
export interface LinkRead {
  expires_at: string;
  purpose: LinkPurpose;
  user: string;
}
/**
 * `POST /api/v1/auth/links/read`.
 */
export interface LinkToken {
  token: string;
}
/**
 * Data of `log` (droppable): the newest record, and those since the event before, oldest first.
 */
export interface LogLine {
  attempt: number;
  dropped: number;
  earlier: LogRecord[];
  level: string;
  logger: string;
  message: string;
  n: number;
  ts: string | null;
}
/**
 * One thing that the trainer logged; never a traceback.
 */
export interface LogRecord {
  attempt: number;
  level: string;
  logger: string;
  message: string;
  n: number;
  ts: string | null;
}
/**
 * The computer that trained.
 */
export interface Machine1 {
  architecture: string;
  cores: number;
  cpu: string;
  instructions: string[];
}
/**
 * `GET /api/v1/projects/{id}/members`, by name. Admins of the platform are not listed: they may do everything.
 */
export interface MemberList {
  items: MemberRead[];
}
/**
 * Somebody with a role in a project.
 */
export interface MemberRead {
  name: string;
  role: Role;
  user: string;
}
/**
 * `POST /api/v1/projects/{id}/members`: give a user a role, or another one.
 */
export interface MemberPut {
  role: Role;
  user: string;
}
/**
 * A project and the role that a new user gets there.
 */
export interface Membership {
  project: string;
  role: Role;
}
/**
 * Neighbouring steps as one point of a chart; the extremes of the steps are the extremes of the bucket.
 */
export interface MetricBucket {
  count: number;
  first: number;
  high: number | null;
  last: number;
  low: number | null;
  mean: number | null;
  nonfinite: number;
}
/**
 * `GET /api/v1/experiments/{task_id}/metrics?name=…&points=…`: at most `points` buckets in order of their steps.
 */
export interface MetricHistory {
  buckets: MetricBucket[];
  count: number;
  last_step: number;
  name: string;
}
/**
 * `POST /api/v1/auth/password`: every other session of the user ends.
 */
export interface PasswordChange {
  current: string;
  new: string;
}
/**
 * The answer. Pointers are relative to the config.
 */
export interface PreflightReply {
  detail: string;
  errors: FieldProblem[];
  request_id: string;
  status: "ok" | "refused" | "error";
  v: number;
  warnings: string[];
}
/**
 * A question to a worker: would this config train? Answered before anything is created.
 */
export interface PreflightRequest {
  config: {
    [k: string]: JsonValue;
  };
  expires_at: number;
  pipeline: string;
  request_id: string;
  v: number;
}
/**
 * An `application/problem+json` answer.
 */
export interface Problem {
  code: ErrorCode | string;
  detail: string;
  errors: FieldProblem[];
  hint: string;
  request_id: string;
  status: number;
  title: string;
  type: string;
}
/**
 * `PATCH /api/v1/projects/{id}`: what is given is changed.
 */
export interface ProjectChange {
  is_archived?: boolean | null;
  name?: string | null;
}
/**
 * `POST /api/v1/projects`: whoever makes it becomes its admin.
 */
export interface ProjectCreate {
  name: string;
}
/**
 * `GET /api/v1/projects`: those that the user can see, by name.
 */
export interface ProjectList {
  items: ProjectRead[];
}
/**
 * A project and what the asking user may do there.
 */
export interface ProjectRead {
  archived_at: string | null;
  created_at: string;
  id: string;
  name: string;
  role: Role | null;
}
/**
 * `GET /api/v1/experiments/{task_id}/proof/{other}`.
 */
export interface ProofRead {
  difference: Difference | null;
  epochs_compared: number;
  is_final_compared: boolean;
  layers_compared: number;
  other: string;
  other_state: ExperimentState;
  provenance: ProvenanceDifference[];
  state: ExperimentState;
  task_id: string;
  verdict: ProofVerdict;
}
/**
 * One fact in which the two differ.
 */
export interface ProvenanceDifference {
  expected: JsonValue;
  found: JsonValue;
  name: string;
}
/**
 * Data of `ready`.
 */
export interface ReadyReport {
  device: string;
  device_reason: string;
  environment: {
    [k: string]: string;
  };
  pipeline_version: string;
  provenance: Provenance | null;
  resumed_epoch: number;
  seed: number | null;
}
/**
 * What a running trainer said and used lately: sent after the replay, and `GET …/{task_id}/logs`.
 *
 * Droppable: kept in Redis only, so it may be empty, and a part of it may come again as events.
 */
export interface Recent {
  logs: LogRecord[];
  system: SystemSample[];
  type: "recent";
}
/**
 * A `system` event as it is kept for those who join late.
 */
export interface SystemSample {
  attempt: number;
  cpu_percent: number | null;
  gpu_memory_bytes: number | null;
  gpu_memory_total_bytes: number | null;
  gpu_percent: number | null;
  memory_bytes: number | null;
  processes: number | null;
  threads: number | null;
  ts: string;
}
/**
 * Something that needs an experiment.
 */
export interface Reference {
  id: string;
  kind: string;
  name: string;
}
/**
 * Everything needed to get the same weights again.
 */
export interface Reproducibility {
  config_hash: string;
  data_hash: string;
  device: string;
  seed: number;
  threads: number;
  versions: {
    [k: string]: string;
  };
  weights_hash: string;
}
/**
 * `POST …/{task_id}/rerun`, `…/retry` and `…/prove`; everything may be left out.
 */
export interface RerunRequest {
  name?: string | null;
  priority?: number | null;
}
/**
 * The client was too slow and missed events: it asks again with its own `after`.
 */
export interface Reset {
  seq: number;
  type: "reset";
}
/**
 * The whole document.
 */
export interface Results {
  baselines: BaselineResult[];
  best_epoch: number | null;
  config: {
    [k: string]: JsonValue;
  };
  data: DataCard;
  format: "azf.results/1";
  history: EpochRow[];
  metrics: {
    [k: string]: {
      [k: string]: number | null;
    };
  };
  model: {
    [k: string]: JsonValue;
  };
  pipeline: string;
  pipeline_version: string;
  provenance: Provenance | null;
  reproducibility: Reproducibility;
  seconds: number;
  series: SeriesResult | null;
  task_id: string;
  units: {
    [k: string]: string;
  };
  verdict: Verdict;
}
/**
 * Predicted against actual over the whole test part, in the target's unit.
 */
export interface SeriesResult {
  actual: (number | null)[];
  baseline: (number | null)[];
  predicted: (number | null)[];
  unit: string;
  x: string[];
}
/**
 * Whether the network earned its place, in one sentence.
 */
export interface Verdict {
  outcome: string;
  score: Score;
  sentence: Localized;
  skill_high: number | null;
  skill_low: number | null;
}
/**
 * Client to server, after a `reset`: go on after this `seq` on the same socket.
 */
export interface Resume {
  after: number;
  type?: "resume";
}
/**
 * Data of `resumed`: a new attempt goes on after `from_epoch` (0: from the beginning).
 */
export interface Resumed {
  attempt: number;
  from_epoch: number;
  reason: string;
}
/**
 * A browser that is signed in.
 */
export interface SessionEntry {
  address: string;
  agent: string;
  created_at: string;
  expires_at: string;
  id: string;
  is_current: boolean;
  seen_at: string;
}
/**
 * `GET /api/v1/auth/sessions`: the user's own, the one used last first.
 */
export interface SessionList {
  items: SessionEntry[];
}
/**
 * A project in which the user was given a role.
 */
export interface SessionProject {
  project: string;
  role: Role;
}
/**
 * `GET /api/v1/auth/session`: who is signed in, and what it may do.
 */
export interface SessionRead {
  expires_at: string | null;
  is_admin: boolean;
  kind: string;
  project: string | null;
  projects: SessionProject[];
  role: string;
  scopes: Scope[];
  user: string;
  user_id: string;
}
/**
 * `POST /api/v1/auth/session`: a name and a password, or the token of a link with what its purpose needs.
 *
 * `session`: the token alone. `invite` and `reset`: token and password. `setup`: token, name and password.
 */
export interface SignIn {
  name?: string;
  password?: string;
  token?: string;
}
/**
 * Replaces a history that is too far behind to replay: the events that matter, curves downsampled.
 */
export interface Snapshot {
  events: Event[];
  seq: number;
  type: "snapshot";
}
/**
 * Data of `state`: an arrow of the state machine was taken.
 */
export interface StateChanged {
  code: ReasonCode | string;
  failure: Failure | null;
  params: {
    [k: string]: string | number;
  };
  previous: ExperimentState | null;
  reason: string;
  retry_at: string | null;
  state: ExperimentState;
  worker_id: string | null;
}
/**
 * Supervisor to trainer.
 */
export interface SupervisorLine {
  n: number | null;
  type: OrderType;
}
/**
 * Data of `system` (droppable): what the trainer and every process it started use, once every 2 s.
 */
export interface SystemUse {
  cpu_percent: number | null;
  gpu_memory_bytes: number | null;
  gpu_memory_total_bytes: number | null;
  gpu_percent: number | null;
  memory_bytes: number | null;
  processes: number | null;
  threads: number | null;
}
/**
 * Trainer to supervisor. `n` counts lines from 1; the trainer waits for `ack n` where order matters.
 */
export interface TrainerLine {
  data: {
    [k: string]: JsonValue;
  };
  n: number;
  type: LineType;
}
/**
 * `PATCH /api/v1/users/{id}`: what is given is changed.
 */
export interface UserChange {
  is_admin?: boolean | null;
  is_disabled?: boolean | null;
  name?: string | null;
}
/**
 * `POST /api/v1/users`. Without a password the answer carries a link with which the user chooses one.
 */
export interface UserCreate {
  is_admin?: boolean;
  name: string;
  password?: string | null;
  /**
   * @maxItems 100
   */
  projects?: Membership[];
}
/**
 * A new user, and the link to send to it.
 */
export interface UserCreated {
  link: LinkCreated | null;
  user: UserRead;
}
/**
 * A user as an admin of the platform sees it.
 */
export interface UserRead {
  created_at: string;
  disabled_at: string | null;
  has_password: boolean;
  id: string;
  is_admin: boolean;
  name: string;
  password_at: string | null;
}
/**
 * `GET /api/v1/users`, by name.
 */
export interface UserList {
  items: UserRead[];
}
/**
 * Data of `warning`.
 */
export interface WarningRaised {
  code: string;
  message: string;
  params: {
    [k: string]: string | number;
  };
}
/**
 * What one worker process can do, refreshed while it lives.
 */
export interface WorkerAnnouncement {
  broken: BrokenApp[];
  busy: number;
  capacity: number;
  device: string;
  device_reason: string;
  host: string;
  pid: number;
  pipelines: PipelineManifest[];
  started_at: string;
  v: number;
  version: string;
  worker_id: string;
}
