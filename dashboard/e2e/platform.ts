import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const READY_MS = 90_000;
const STOP_MS = 20_000;

/** A whole AzuraForge in a folder of its own, started and stopped as its owner would. */
export class Platform {
  readonly url: string;
  private readonly home: string;
  private readonly process: ChildProcess;

  private constructor(home: string, process: ChildProcess, url: string) {
    this.home = home;
    this.process = process;
    this.url = url;
  }

  static async start(): Promise<Platform> {
    if (!existsSync(join(ROOT, "services/api/src/azuraforge_api/static/index.html"))) {
      throw new Error("The dashboard is not built: run `npm run build` first.");
    }
    const home = mkdtempSync(join(tmpdir(), "azf-e2e-"));
    const child = spawn(command(), ["up", "--port", "0", "--no-sample", "--no-browser", "--quiet"], {
      env: { ...process.env, AZURAFORGE_HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
    child.stderr.on("data", (part: Buffer) => (printed += part.toString()));
    const isReady = () => existsSync(join(home, "server.json"));
    await until(() => isReady() || child.exitCode !== null, READY_MS);
    if (!isReady()) {
      child.kill("SIGTERM");
      throw new Error(`AzuraForge did not start:\n${printed}`);
    }
    const { url } = JSON.parse(readFileSync(join(home, "server.json"), "utf8")) as { url: string };
    return new Platform(home, child, url);
  }

  /** A fresh link, as `azuraforge link` prints it: to the first account while there is none, then to sign in. */
  link(): string {
    const printed = this.run("link");
    const found = /http:\/\/\S+\/sign-in#\S+/.exec(printed);
    if (!found) throw new Error(`azuraforge link printed no link: ${printed}`);
    return found[0];
  }

  /** What an `azuraforge` command prints. */
  run(...words: string[]): string {
    return execFileSync(command(), words, {
      encoding: "utf8",
      env: { ...process.env, AZURAFORGE_HOME: this.home },
    });
  }

  /** Kills the API as a crash would; its parent starts it again. */
  killApi(): void {
    const pid = childrenOf(this.process.pid ?? 0).find((child) =>
      commandLine(child).includes("azuraforge_api"),
    );
    if (pid === undefined) throw new Error("The API process was not found.");
    process.kill(pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    this.process.kill("SIGTERM");
    await until(() => this.process.exitCode !== null || this.process.signalCode !== null, STOP_MS);
    rmSync(this.home, { recursive: true, force: true });
  }
}

function command(): string {
  const python = process.env.AZURAFORGE_PYTHON ?? join(ROOT, ".venv/bin/python");
  return join(python, "../azuraforge");
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // field 4 of stat, after the name in parentheses
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return Number(fields[1]) === parent;
      } catch {
        return false;
      }
    });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

async function until(isDone: () => boolean, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  while (!isDone() && Date.now() < end) await new Promise((resume) => setTimeout(resume, 50));
}
