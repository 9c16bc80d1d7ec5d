import { cx } from "./cx";

/** Squares around the code without which readers do not find it. */
const MARGIN = 4;

export interface QrCodeProps {
  /** What it is for, in words: nobody reads it by eye. */
  label: string;
  /** Squares of a side. */
  size: number;
  /** The dark squares, as the path of an SVG of that side. */
  path: string;
  className?: string | undefined;
}

/** Dark on light in both themes: many readers know no other. */
export function QrCode({ label, size, path, className }: QrCodeProps) {
  const side = size + 2 * MARGIN;
  return (
    <svg role="img" aria-label={label} viewBox={`${-MARGIN} ${-MARGIN} ${side} ${side}`} shapeRendering="crispEdges" className={cx("rounded-control border border-line", className)}>
      <rect x={-MARGIN} y={-MARGIN} width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
