/** The parts of the settings, in the order of their list. The address names one of them. */
export const SECTIONS = ["appearance", "project", "branding", "sessions", "providers", "mail", "tokens", "variables", "keys"] as const;

export type Section = (typeof SECTIONS)[number];

/** Changes of these hold at once: they are this computer's, one's own, or secrets, which wait in no draft. */
const AT_ONCE = ["appearance", "tokens", "providers", "variables"] as const;

type AtOnce = (typeof AT_ONCE)[number];

/** Changes of the others are staged. */
export type StagedSection = Exclude<Section, AtOnce>;

export function isStaged(section: Section): section is StagedSection {
  return !(AT_ONCE as readonly Section[]).includes(section);
}

export function isSection(word: unknown): word is Section {
  return (SECTIONS as readonly unknown[]).includes(word);
}
