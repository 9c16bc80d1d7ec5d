/** Programs by the mark in how they call themselves; the first that fits, since browsers name their forebears too. */
const PROGRAMS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\bEdg\//u, "Edge"],
  [/\bOPR\//u, "Opera"],
  [/\bFirefox\//u, "Firefox"],
  [/\b(?:Headless)?(?:Chrome|Chromium|CriOS)\//u, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//u, "Safari"],
];

const SYSTEMS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\bAndroid\b/u, "Android"],
  [/\b(?:iPhone|iPad)\b/u, "iOS"],
  [/\bWindows\b/u, "Windows"],
  [/\bMac OS X\b/u, "macOS"],
  [/\bLinux\b/u, "Linux"],
];

/** "Firefox, Linux" of a browser; the first word of anything else; null of nothing. */
export function programOf(agent: string | null): string | null {
  if (agent === null || agent.trim() === "") return null;
  const named = (list: typeof PROGRAMS) => list.find(([mark]) => mark.test(agent))?.[1];
  const browser = named(PROGRAMS);
  if (browser === undefined) return agent.trim().split(/\s/u, 1)[0] ?? null;
  const system = named(SYSTEMS);
  return system === undefined ? browser : `${browser}, ${system}`;
}
