import { Maximize2, Minus, Plus } from "lucide-react";
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent as ReactPointerEvent } from "react";
import { IconButton } from "@/kit/Button";
import { boxOf, degrees, movedSpot, netOf, pointText, readGeometry, sheetOf, spotsOf, type Box, type Spot } from "./geometry";
import { e } from "./messages";

const WIDTH = 456;
const HEIGHT = 260;
/** More points than this are drawn and not carried one by one. */
const CARRIED_MAX = 400;

/** A place on a plain sheet of degrees. Nothing is fetched for it: it works wherever the studio does. */
export function GeoMap({ text, label, onText }: { text: string; label: string; onText: (text: string) => void }) {
  const drawing = useMemo(() => readGeometry(text), [text]);
  const spots = useMemo(() => (drawing ? spotsOf(drawing) : []), [drawing]);
  // What is seen stays put while a point is carried; only the buttons change it.
  const [box, setBox] = useState<Box>(() => boxOf(spots));
  const sheet = useMemo(() => sheetOf(box, WIDTH, HEIGHT), [box]);
  const svg = useRef<SVGSVGElement>(null);
  const carried = useRef<number | null>(null);

  const zoom = (by: number): void => {
    const [w, h] = [((box.east - box.west) * by) / 2, ((box.north - box.south) * by) / 2];
    const [x, y] = [(box.east + box.west) / 2, (box.north + box.south) / 2];
    if (w > 360 || h < 1e-6) return;
    setBox({ west: x - w, east: x + w, south: y - h, north: y + h });
  };
  const at = (event: ReactPointerEvent): { lon: number; lat: number } | null => {
    const frame = svg.current?.getBoundingClientRect();
    if (!frame || frame.width === 0) return null;
    const [x, y] = [((event.clientX - frame.left) / frame.width) * WIDTH, ((event.clientY - frame.top) / frame.height) * HEIGHT];
    return { lon: sheet.lon(x), lat: sheet.lat(y) };
  };
  const move = (spot: Spot, lon: number, lat: number): void => {
    if (drawing) onText(movedSpot(text, drawing, spot, lon, lat));
  };
  const onKey = (event: KeyboardEvent, spot: Spot): void => {
    const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const step = (sheet.step / 50) * (event.shiftKey ? 10 : 1);
    move(spot, spot.lon + (way[0] ?? 0) * step, spot.lat + (way[1] ?? 0) * step);
  };
  const corner = { west: sheet.lon(0), east: sheet.lon(WIDTH), south: sheet.lat(HEIGHT), north: sheet.lat(0) };
  const path = (list: readonly Spot[], close: boolean): string =>
    `${list.map((spot, index) => `${index === 0 ? "M" : "L"}${sheet.x(spot.lon).toFixed(1)} ${sheet.y(spot.lat).toFixed(1)}`).join("")}${close ? "Z" : ""}`;
  const single = drawing === null ? text.trim() === "" : drawing.type === "Point";

  return (
    <div className="flex flex-col gap-1.5">
      <div className="relative overflow-clip rounded-control border border-line-control bg-bg-sunk">
        <svg
          ref={svg}
          role="group"
          aria-label={label}
          viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
          className="block w-full touch-none"
          onClick={(event) => {
            if (!single || carried.current !== null) return;
            const place = at(event as unknown as ReactPointerEvent);
            if (place) onText(pointText(place.lon, place.lat));
          }}
          onPointerMove={(event) => {
            const spot = carried.current === null ? undefined : spots[carried.current];
            const place = spot && at(event);
            if (spot && place) move(spot, place.lon, place.lat);
          }}
          onPointerUp={() => {
            // The click that ends a drag comes after this and is no click on the map.
            setTimeout(() => (carried.current = null), 0);
          }}
        >
          {netOf(corner.west, corner.east, sheet.step).map((lon) => (
            <g key={`lon ${String(lon)}`}>
              <line x1={sheet.x(lon)} x2={sheet.x(lon)} y1={0} y2={HEIGHT} className="stroke-line" />
              <text x={sheet.x(lon) + 3} y={HEIGHT - 4} className="fill-ink-3 text-[10px]">
                {`${degrees(lon)}°`}
              </text>
            </g>
          ))}
          {netOf(corner.south, corner.north, sheet.step).map((lat) => (
            <g key={`lat ${String(lat)}`}>
              <line y1={sheet.y(lat)} y2={sheet.y(lat)} x1={0} x2={WIDTH} className="stroke-line" />
              <text x={3} y={sheet.y(lat) - 3} className="fill-ink-3 text-[10px]">
                {`${degrees(lat)}°`}
              </text>
            </g>
          ))}
          {drawing?.shapes.map((shape, index) =>
            shape.kind === "point" ? null : (
              <path key={index} d={path(shape.spots, shape.kind === "area")} className={shape.kind === "area" ? "fill-ink/10 stroke-ink" : "fill-none stroke-ink"} strokeWidth={1.5} />
            ),
          )}
          {spots.slice(0, CARRIED_MAX).map((spot, index) => (
            <circle
              key={spot.path.join(".")}
              role="slider"
              aria-label={e("geo.point", { n: index + 1, lon: degrees(spot.lon), lat: degrees(spot.lat) })}
              aria-valuetext={`${degrees(spot.lon)}, ${degrees(spot.lat)}`}
              aria-valuenow={spot.lon}
              tabIndex={0}
              cx={sheet.x(spot.lon)}
              cy={sheet.y(spot.lat)}
              r={4.5}
              className="cursor-grab fill-bg-page stroke-ink outline-none focus:fill-ink"
              strokeWidth={1.5}
              onPointerDown={(event) => {
                event.stopPropagation();
                event.currentTarget.ownerSVGElement?.setPointerCapture(event.pointerId);
                event.currentTarget.focus();
                carried.current = index;
              }}
              onKeyDown={(event) => onKey(event, spot)}
            />
          ))}
        </svg>
        <div className="absolute top-1 right-1 flex flex-col rounded-control border border-line bg-bg-page">
          <IconButton small icon={Plus} label={e("geo.in")} onClick={() => zoom(0.5)} />
          <IconButton small icon={Minus} label={e("geo.out")} onClick={() => zoom(2)} />
          <IconButton small icon={Maximize2} iconSize={12} label={e("geo.fit")} onClick={() => setBox(boxOf(spots))} />
        </div>
      </div>
      <p className="text-hint text-ink-3">
        {drawing ? `${e("geo.facts", { kind: drawing.type, count: spots.length })}. ` : ""}
        {drawing === null && text.trim() !== "" ? (text.trim().startsWith("{") ? e("geo.bad") : e("geo.wkt")) : single ? e("geo.add") : e("geo.hint")}
      </p>
    </div>
  );
}
