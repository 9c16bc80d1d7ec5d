/** Places as they are drawn: GeoJSON to shapes on a plain sheet of degrees, and a point moved on it. */
import { parseJson, printJson, type JsonNode } from "@/lib/exact-json";

export interface Spot {
  readonly lon: number;
  readonly lat: number;
  /** Where its two numbers stand in the document. */
  readonly path: readonly (string | number)[];
}

export interface Shape {
  readonly kind: "point" | "line" | "area";
  readonly spots: readonly Spot[];
}

export interface Drawing {
  readonly type: string;
  readonly shapes: readonly Shape[];
}

export interface Box {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

const KINDS = { Point: ["point", 0], MultiPoint: ["point", 1], LineString: ["line", 1], MultiLineString: ["line", 2], Polygon: ["area", 2], MultiPolygon: ["area", 3] } as const;

function entry(node: JsonNode, key: string): JsonNode | undefined {
  return node.t === "object" ? node.v.find(([name]) => name === key)?.[1] : undefined;
}

function spotAt(node: JsonNode | undefined, path: readonly (string | number)[]): Spot | null {
  if (node?.t !== "array") return null;
  const [lon, lat] = node.v;
  return lon?.t === "number" && lat?.t === "number" ? { lon: parseFloat(lon.v), lat: parseFloat(lat.v), path } : null;
}

/** The shapes of a geometry; `null` when it is none that can be drawn. */
export function readGeometry(text: string): Drawing | null {
  const parsed = parseJson(text);
  return parsed.ok ? drawingOf(parsed.node, []) : null;
}

function drawingOf(node: JsonNode, path: readonly (string | number)[]): Drawing | null {
  const named = entry(node, "type");
  const type = named?.t === "string" ? named.v : "";
  if (type === "GeometryCollection") {
    const list = entry(node, "geometries");
    if (list?.t !== "array") return null;
    const inside = list.v.map((item, index) => drawingOf(item, [...path, "geometries", index]));
    return inside.includes(null) ? null : { type, shapes: inside.flatMap((drawing) => drawing?.shapes ?? []) };
  }
  if (!Object.hasOwn(KINDS, type)) return null;
  const [kind, depth] = KINDS[type as keyof typeof KINDS];
  const shapes = shapesIn(kind, entry(node, "coordinates"), depth, [...path, "coordinates"]);
  return shapes && { type, shapes };
}

function shapesIn(kind: Shape["kind"], node: JsonNode | undefined, depth: number, path: readonly (string | number)[]): Shape[] | null {
  if (depth === 0) {
    const spot = spotAt(node, path);
    return spot && [{ kind, spots: [spot] }];
  }
  if (node?.t !== "array") return null;
  if (depth === 1 && kind !== "point") {
    const spots = node.v.map((item, index) => spotAt(item, [...path, index]));
    return spots.includes(null) ? null : [{ kind, spots: spots.filter((spot) => spot !== null) }];
  }
  const inside = node.v.map((item, index) => shapesIn(kind, item, depth - 1, [...path, index]));
  return inside.includes(null) ? null : inside.flatMap((shapes) => shapes ?? []);
}

export function spotsOf(drawing: Drawing): readonly Spot[] {
  return drawing.shapes.flatMap((shape) => shape.spots);
}

/** All of it with some room around; the whole world when there is nothing. */
export function boxOf(spots: readonly Spot[]): Box {
  if (spots.length === 0) return { west: -180, east: 180, south: -90, north: 90 };
  const lons = spots.map((spot) => spot.lon);
  const lats = spots.map((spot) => spot.lat);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const room = Math.max((east - west) * 0.25, (north - south) * 0.25, 0.01);
  return { west: west - room, east: east + room, south: Math.max(south - room, -90), north: Math.min(north + room, 90) };
}

export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly x: (lon: number) => number;
  readonly y: (lat: number) => number;
  readonly lon: (x: number) => number;
  readonly lat: (y: number) => number;
  /** Degrees between two lines of the net. */
  readonly step: number;
}

const LABEL_WIDTH = 72;
const LABEL_HEIGHT = 40;

/** A sheet on which a degree is as wide as it is at the middle, so shapes keep their look. */
export function sheetOf(box: Box, width: number, height: number): Sheet {
  const middle = (box.north + box.south) / 2;
  const narrow = Math.max(Math.cos((middle * Math.PI) / 180), 0.05);
  const scale = Math.min(width / ((box.east - box.west) * narrow), height / (box.north - box.south));
  const centre = (box.east + box.west) / 2;
  const x = (lon: number): number => width / 2 + (lon - centre) * narrow * scale;
  const y = (lat: number): number => height / 2 - (lat - middle) * scale;
  const lon = (px: number): number => centre + (px - width / 2) / (narrow * scale);
  const lat = (py: number): number => middle - (py - height / 2) / scale;
  // A label of the net needs so much room, side by side and one above the other.
  const wanted = Math.max(LABEL_WIDTH / (narrow * scale), LABEL_HEIGHT / scale);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wanted) ?? power * 10;
  return { width, height, x, y, lon, lat, step };
}

/** The lines of the net that cross the sheet, in one direction. */
export function netOf(from: number, to: number, step: number): readonly number[] {
  const first = Math.ceil(Math.min(from, to) / step);
  const last = Math.floor(Math.max(from, to) / step);
  return Array.from({ length: Math.min(Math.max(last - first + 1, 0), 60) }, (_, index) => (first + index) * step);
}

/** Seven digits are a centimetre on the ground. */
export function degrees(n: number): string {
  const text = n.toFixed(7).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}

/** The document with one of its points elsewhere. The end of a ring goes with its beginning. */
export function movedSpot(text: string, drawing: Drawing, spot: Spot, lon: number, lat: number): string {
  const parsed = parseJson(text);
  if (!parsed.ok) return text;
  const shape = drawing.shapes.find((entry) => entry.spots.includes(spot));
  const first = shape?.spots[0];
  const last = shape?.spots.at(-1);
  const closes = shape?.kind === "area" && first && last && first !== last && first.lon === last.lon && first.lat === last.lat;
  const moving = closes && (spot === first || spot === last) ? [first, last] : [spot];
  const inside = (n: number, low: number, high: number): string => degrees(Math.max(low, Math.min(n, high)));
  const next = moving.reduce((node, one) => replace(node, one.path, inside(lon, -180, 180), inside(lat, -90, 90)), parsed.node);
  return printJson(next);
}

function replace(node: JsonNode, path: readonly (string | number)[], lon: string, lat: string): JsonNode {
  const [step, ...rest] = path;
  if (step === undefined) {
    // A height, when there is one, stays.
    const more = node.t === "array" ? node.v.slice(2) : [];
    return { t: "array", v: [{ t: "number", v: lon }, { t: "number", v: lat }, ...more] };
  }
  if (node.t === "array") return { t: "array", v: node.v.map((item, index) => (index === step ? replace(item, rest, lon, lat) : item)) };
  if (node.t === "object") return { t: "object", v: node.v.map(([key, item]) => [key, key === step ? replace(item, rest, lon, lat) : item] as const) };
  return node;
}

export function pointText(lon: number, lat: number): string {
  return `{"type":"Point","coordinates":[${degrees(lon)},${degrees(lat)}]}`;
}
