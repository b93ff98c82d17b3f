// Runs before the first paint, so that nobody in a dark room sees a white flash. Mirrors src/app/theme/scheme.ts.
(() => {
  let wish = "auto";
  try {
    wish = localStorage.getItem("onethread.scheme") || "auto";
  } catch {
    // storage is off: follow the system
  }
  const dark = wish === "dark" || (wish !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
