import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium of this machine; null, with a line that says so, when there is none and nobody promised one. */
export function findChromium(): string | null {
  const given = process.env.AZURAFORGE_CHROMIUM;
  const found = [...(given ? [given] : []), ...PLACES].find((path) => existsSync(path));
  if (found) return found;
  const sentence = `No Chromium at ${PLACES.join(", ")}. Install the package "chromium", or set AZURAFORGE_CHROMIUM.`;
  if (process.env.CI === "true") throw new Error(sentence);
  console.warn(`Browser tests are skipped. ${sentence}`);
  return null;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}
