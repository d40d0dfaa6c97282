import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

/** `routes → features → components | lib`: what each layer must not import. */
const forbid = (...patterns) => [
  "error",
  { patterns: patterns.map(([group, message]) => ({ group: [group], message })) },
];
const parents = ["../*", "Import across folders with the @/ alias, so that the direction stays visible."];
const testing = ["@/testing/*", "Fakes are for tests only."];
const routes = ["@/routes/*", "Only routes know routes."];
const features = ["@/features/*", "Features do not know each other; share through components or lib."];
const components = ["@/components/*", "lib knows no component."];

const noBarrels = [
  { selector: "ExportDefaultDeclaration", message: "Export by name." },
  { selector: "ExportAllDeclaration", message: "No barrels: import from the file that holds it." },
  { selector: "ExportNamedDeclaration[source]", message: "No barrels: import from the file that holds it." },
];
const fetchWords = ["fetch", "WebSocket", "EventSource", "XMLHttpRequest"].map((name) => ({
  name,
  message: "The network is reached in queries.ts only.",
}));

export default tseslint.config(
  { ignores: ["node_modules", "test-results", "src/lib/api/schema.gen.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { "react-hooks": reactHooks },
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      complexity: ["error", 20],
      "max-lines": ["error", 250],
      "max-lines-per-function": ["error", { max: 140, skipBlankLines: true, skipComments: true }],
      "no-restricted-globals": ["error", ...fetchWords],
      "no-restricted-syntax": ["error", ...noBarrels],
    },
  },
  {
    files: ["src/lib/**"],
    rules: { "no-restricted-imports": forbid(parents, routes, features, components, testing) },
  },
  {
    files: ["src/components/**"],
    rules: { "no-restricted-imports": forbid(parents, routes, features, testing) },
  },
  {
    files: ["src/features/**"],
    rules: { "no-restricted-imports": forbid(parents, routes, features, testing) },
  },
  { files: ["src/routes/**", "src/*.ts*"], rules: { "no-restricted-imports": forbid(parents, testing) } },
  { files: ["**/queries.ts"], rules: { "no-restricted-globals": "off" } },
  {
    files: ["**/*.test.{ts,tsx}", "src/testing/**", "e2e/**"],
    rules: {
      "max-lines-per-function": "off",
      "no-restricted-globals": "off",
      "no-restricted-imports": forbid(parents),
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["**/*.config.ts"], rules: { "no-restricted-syntax": "off" } },
  { files: ["*.js", "scripts/**"], languageOptions: { globals: globals.node } },
  { files: ["public/**"], languageOptions: { globals: globals.browser } },
);
