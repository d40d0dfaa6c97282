import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { chooseLanguage, startI18n } from "@/lib/i18n";

// a canvas needs a real browser; e2e draws it, here only its place and its words are looked at
vi.mock("uplot", () => ({
  default: class {
    static readonly seen: unknown[] = [];
    setData = vi.fn();
    setSize = vi.fn();
    setCursor = vi.fn();
    destroy = vi.fn();
    valToPos = () => 0;
  },
}));

startI18n("en");
configure({ asyncUtilTimeout: 8_000 });

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  chooseLanguage("en");
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
