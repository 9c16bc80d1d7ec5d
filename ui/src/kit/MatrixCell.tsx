import { t } from "@/messages/en";
import { cx } from "./cx";

/** Shapes before colours: lower half is rows, left half is fields, a quarter is both. */
export type Reach = "all" | "rows" | "fields" | "both" | "none";

const SHAPE: Readonly<Record<Exclude<Reach, "none">, string>> = {
  all: "M0 0h12v12H0z",
  rows: "M0 6h12v6H0z",
  fields: "M0 0h6v12H0z",
  both: "M0 6h6v6H0z",
};
const WORD: Readonly<Record<Reach, () => string>> = {
  all: () => t("matrix.all"),
  rows: () => t("matrix.rows"),
  fields: () => t("matrix.fields"),
  both: () => t("matrix.both"),
  none: () => t("matrix.none"),
};

/** What a glyph says, in words. */
export function reachWord(reach: Reach): string {
  return WORD[reach]();
}

export function MatrixGlyph({
  reach,
  staged = false,
  anyone = false,
  selected = false,
}: {
  reach: Reach;
  staged?: boolean | undefined;
  /** The role is everyone, signed in or not, and this cell lets them in. */
  anyone?: boolean | undefined;
  selected?: boolean | undefined;
}) {
  const open = anyone && reach !== "none";
  return (
    <span
      className={cx(
        "inline-flex size-5 items-center justify-center rounded-tag",
        staged ? "bg-draft-tint text-draft" : open ? "bg-bad-tint text-bad" : "text-ink-2",
        selected && "outline-2 outline-offset-1 outline-ink outline-solid",
      )}
    >
      {reach === "none" ? (
        <span aria-hidden className="h-px w-[5px] bg-current opacity-80" />
      ) : (
        <svg aria-hidden width="10" height="10" viewBox="0 0 12 12">
          <path d={SHAPE[reach]} fill="currentColor" />
          <rect x="0.6" y="0.6" width="10.8" height="10.8" fill="none" stroke="currentColor" strokeWidth="1.2" />
        </svg>
      )}
    </span>
  );
}
