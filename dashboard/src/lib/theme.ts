import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "./storage";

export type ThemeChoice = "system" | "light" | "dark";

const KEY = "azf.theme";
const listeners = new Set<() => void>();
const system = () => window.matchMedia("(prefers-color-scheme: dark)");

function readChoice(): ThemeChoice {
  const stored = readStored(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function readTheme(): "light" | "dark" {
  const choice = readChoice();
  if (choice !== "system") return choice;
  return system().matches ? "dark" : "light";
}

function announce(): void {
  document.documentElement.dataset.theme = readTheme();
  listeners.forEach((listener) => listener());
}

export function chooseTheme(choice: ThemeChoice): void {
  writeStored(KEY, choice === "system" ? null : choice);
  announce();
}

function subscribe(listener: () => void): () => void {
  const media = system();
  listeners.add(listener);
  media.addEventListener("change", announce);
  return () => {
    listeners.delete(listener);
    media.removeEventListener("change", announce);
  };
}

/** The person's choice; `useTheme` is what it amounts to now. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, readChoice);
}

export function useTheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, readTheme);
}
