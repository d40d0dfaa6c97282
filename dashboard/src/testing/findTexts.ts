import ts from "typescript";

/** Attributes whose value a person reads or hears. */
const SPOKEN = new Set([
  "alt",
  "aria-description",
  "aria-label",
  "aria-valuetext",
  "label",
  "placeholder",
  "title",
]);
const HAS_LETTER = /\p{L}/u;

/** Words written in JSX instead of in a locale: `path:line: text`. */
export function findTexts(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const add = (node: ts.Node, words: string) => {
    if (!HAS_LETTER.test(words)) return;
    found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${words.trim()}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) add(node, node.text);
    if (ts.isJsxExpression(node) && node.expression && isChild(node)) addLiteral(node.expression, add);
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText())) {
      const value = node.initializer;
      if (value && ts.isStringLiteral(value)) add(value, value.text);
      if (value && ts.isJsxExpression(value) && value.expression) addLiteral(value.expression, add);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isChild(node: ts.JsxExpression): boolean {
  return ts.isJsxElement(node.parent) || ts.isJsxFragment(node.parent);
}

function addLiteral(node: ts.Expression, add: (node: ts.Node, words: string) => void): void {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) add(node, node.text);
  if (ts.isConditionalExpression(node)) {
    addLiteral(node.whenTrue, add);
    addLiteral(node.whenFalse, add);
  }
}
