// Runs before the first paint, so that no window ever flashes the other theme.
// The choice itself is changed in src/kit/appearance.ts, which uses the same two keys.
(function () {
  var root = document.documentElement;
  var read = function (key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  var theme = read("plinth.theme");
  var dark =
    theme === "dark" ||
    (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.density = read("plinth.density") || "regular";
})();
