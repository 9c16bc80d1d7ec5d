/** The parts of the settings, in the order of their list. The address names one of them. */
export const SECTIONS = ["appearance", "project", "branding", "sessions", "mail", "tokens", "keys"] as const;

export type Section = (typeof SECTIONS)[number];

/** Changes of these are staged; those of `appearance` are this computer's, those of `tokens` one's own, and hold at once. */
export type StagedSection = Exclude<Section, "appearance" | "tokens">;

export function isStaged(section: Section): section is StagedSection {
  return section !== "appearance" && section !== "tokens";
}

export function isSection(word: unknown): word is Section {
  return (SECTIONS as readonly unknown[]).includes(word);
}
