// Runs before the first paint, so that a dark page never flashes white. A file, because the policy forbids inline scripts.
(function () {
  var theme = null;
  var language = null;
  try {
    theme = localStorage.getItem("azf.theme");
    language = localStorage.getItem("azf.language");
  } catch {
    // storage may be blocked; the system's choice then holds
  }
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.lang = language || (/^tr/i.test(navigator.language) ? "tr" : "en");
})();
