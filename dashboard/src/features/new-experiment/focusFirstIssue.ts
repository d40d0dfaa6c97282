/** Takes the person to the first wrong field on the page, or to the list of problems when no field is at fault. */
export function focusFirstIssue(form: HTMLElement | null): void {
  if (!form) return;
  const wrong = form.querySelector<HTMLElement>("[aria-invalid='true'], fieldset[data-invalid]");
  const target = wrong ?? form.querySelector<HTMLElement>("[data-form-problems]");
  if (!target) return;
  const fold = target.closest("details");
  if (fold) fold.open = true;
  const control = target.matches("fieldset")
    ? (target.querySelector<HTMLElement>("input:checked, input") ?? target)
    : target;
  control.focus({ preventScroll: true });
  target.scrollIntoView({ block: "center" });
}
