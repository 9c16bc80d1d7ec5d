import { create } from "zustand";

export const THEMES = ["system", "light", "dark"] as const;
export const DENSITIES = ["compact", "regular", "comfortable"] as const;
export type Theme = (typeof THEMES)[number];
export type Density = (typeof DENSITIES)[number];

interface Appearance {
  theme: Theme;
  density: Density;
  setTheme(theme: Theme): void;
  setDensity(density: Density): void;
}

// Private windows and some embedded views refuse storage; the choice then lasts for the window.
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

const dark = () => matchMedia("(prefers-color-scheme: dark)");

function paint(theme: Theme): void {
  const isDark = theme === "dark" || (theme === "system" && dark().matches);
  const root = document.documentElement;
  const next = isDark ? "dark" : "light";
  if (root.dataset["theme"] === next) return;
  // Everything changes at once: a button that fades while the page beside it has changed looks broken.
  root.dataset["still"] = "";
  root.dataset["theme"] = next;
  // One frame takes the new colours up while nothing may fade, the next lets things fade again.
  requestAnimationFrame(() => requestAnimationFrame(() => delete root.dataset["still"]));
}

const asTheme = (value: string | null): Theme =>
  value === "light" || value === "dark" ? value : "system";
const asDensity = (value: string | null): Density =>
  value === "compact" || value === "comfortable" ? value : "regular";

/** Theme and density of this window. `public/theme.js` paints the same choice before this loads. */
export const useAppearance = create<Appearance>((set) => ({
  theme: asTheme(recall("plinth.theme")),
  density: asDensity(recall("plinth.density")),
  setTheme: (theme) => {
    remember("plinth.theme", theme);
    paint(theme);
    set({ theme });
  },
  setDensity: (density) => {
    remember("plinth.density", density);
    document.documentElement.dataset["density"] = density;
    set({ density });
  },
}));

/** Follows the system while the choice is "system". Returns how to stop. */
export function followSystemTheme(): () => void {
  const listen = () => paint(useAppearance.getState().theme);
  const query = dark();
  query.addEventListener("change", listen);
  listen();
  return () => query.removeEventListener("change", listen);
}
