import { expect, test } from "vitest";
import { MAP, toward, whole, wholeBeside } from "./sight";

const boxes = [
  { id: "a", width: 200, height: 100 },
  { id: "b", width: 200, height: 100 },
];
const positions = { a: { x: 0, y: 0 }, b: { x: 600, y: 300 } };
const shownAt = (view: { x: number; y: number; zoom: number }, id: "a" | "b") => {
  const { x, y } = positions[id];
  return { left: x * view.zoom + view.x, top: y * view.zoom + view.y, right: (x + 200) * view.zoom + view.x, bottom: (y + 100) * view.zoom + view.y };
};

test("everything stands in the middle, above the foot, and is never blown up", () => {
  const large = whole(boxes, positions, { width: 1600, height: 900 });
  expect(large?.zoom).toBe(1);
  for (const area of [{ width: 860, height: 780 }, { width: 860, height: 460 }, { width: 500, height: 400 }]) {
    const view = whole(boxes, positions, area);
    if (!view) throw new Error("there is a picture");
    const [a, b] = [shownAt(view, "a"), shownAt(view, "b")];
    expect(a.left).toBeGreaterThan(0);
    expect(a.top).toBeGreaterThan(0);
    expect(b.right).toBeLessThan(area.width);
    expect(b.bottom).toBeLessThanOrEqual(area.height - 40);
    expect(Math.abs(a.left - (area.width - b.right))).toBeLessThan(1);
  }
  expect(whole([], {}, { width: 800, height: 600 })).toBeNull();
});

test("what is in sight stays where it is, what is not is brought there at the scale that stands", () => {
  const area = { width: 700, height: 400 };
  const now = { x: 20, y: 40, zoom: 1 };
  expect(toward(boxes[0], positions, area, now)).toBeNull();
  const view = toward(boxes[1], positions, area, now);
  if (!view) throw new Error("b is out of sight");
  expect(view.zoom).toBe(1);
  const b = shownAt(view, "b");
  expect([b.left >= 8, b.top >= 8, b.right <= 692, b.bottom <= 348]).toEqual([true, true, true, true]);
});

test("what lies below the strip of groups and neighbours is not in sight", () => {
  const area = { width: 700, height: 400 };
  const view = toward(boxes[0], positions, area, { x: 20, y: 20, zoom: 1 });
  if (!view) throw new Error("a is below the strip");
  expect(shownAt(view, "a").top).toBeGreaterThanOrEqual(36);
});

test("with the small map everything stands beside it, or above it where that is larger", () => {
  const wide = { width: 1000, height: 480 };
  const beside = wholeBeside(boxes, positions, wide);
  if (!beside) throw new Error("there is a picture");
  expect(shownAt(beside, "b").right).toBeLessThanOrEqual(wide.width - MAP.width);
  const high = { width: 700, height: 900 };
  const above = wholeBeside(boxes, positions, high);
  if (!above) throw new Error("there is a picture");
  expect(shownAt(above, "b").bottom).toBeLessThanOrEqual(high.height - MAP.height);
  expect(above.zoom).toBeGreaterThan(whole(boxes, positions, { ...high, width: high.width - MAP.width })?.zoom ?? 1);
});

test("a box taller than the canvas shows its head", () => {
  const tall = { id: "b", width: 200, height: 900 };
  const view = toward(tall, positions, { width: 700, height: 400 }, { x: 0, y: 0, zoom: 1 });
  expect((view?.y ?? 0) + 300).toBeGreaterThanOrEqual(8);
});

test("what is brought near is large enough to be read", () => {
  const area = { width: 700, height: 400 };
  const far = { x: 10, y: 40, zoom: 0.2 };
  expect(toward(boxes[0], positions, area, far)).toBeNull();
  expect(toward(boxes[0], positions, area, far, 0.6)?.zoom).toBe(0.6);
  expect(toward(boxes[0], positions, area, { x: 20, y: 40, zoom: 1 }, 0.6)).toBeNull();
});

test("frames around the boxes are in sight with them", () => {
  const area = { width: 860, height: 600 };
  const around = { side: 20, top: 40, bottom: 20 };
  const view = whole(boxes, positions, area, around);
  if (!view) throw new Error("there is a picture");
  expect(shownAt(view, "a").top - 40 * view.zoom).toBeGreaterThanOrEqual(35);
  expect(shownAt(view, "b").right + 20 * view.zoom).toBeLessThanOrEqual(860 - 23);
});
