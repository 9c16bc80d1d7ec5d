import { expect, test } from "vitest";
import type { Placed } from "./place";
import { crosses, laneOf, pathOf, route } from "./route";

const box = (id: string, x: number, y: number, height = 100): Placed => ({ id, x, y, width: 200, height });
const port = (of: Placed, at: number) => ({ box: of, y: of.y + at });

test("what faces each other is joined by the plain line", () => {
  const [left, right] = [box("authors", 0, 0), box("posts", 300, 40)];
  const line = route(port(right, 50), port(left, 40), [], 20);
  expect([line.from, line.to]).toEqual(["l", "r"]);
  expect(line.points).toEqual([{ x: 300, y: 90 }, { x: 280, y: 90 }, { x: 280, y: 40 }, { x: 200, y: 40 }]);
});

test("a line goes around every box that stands between its ends", () => {
  const [products, orders, tags] = [box("products", 0, 0), box("orders", 280, 20, 160), box("tags", 560, 0)];
  const line = route(port(tags, 40), port(products, 40), [orders], 20);
  expect(crosses(line.points, [orders], [products, tags])).toBe(false);
  expect(line.points.at(0)?.y).toBe(40);
  expect(line.points.at(-1)?.y).toBe(40);
  // Only right angles.
  expect(line.points.every((point, at) => at === 0 || point.x === line.points[at - 1]?.x || point.y === line.points[at - 1]?.y)).toBe(true);
});

test("two lines of one box that go the same way stay two lines", () => {
  const [products, customers, orders, junction] = [box("products", 0, 0), box("customers", 0, 130), box("orders", 280, 20, 160), box("junction", 560, 150)];
  const lines = [route(port(junction, 60), port(customers, 40), [products, orders], laneOf(0)), route(port(junction, 82), port(products, 40), [customers, orders], laneOf(1))];
  const upright = lines.map(({ points }) => points.flatMap((point, at) => (points[at + 1]?.x === point.x ? [point.x] : [])));
  expect(upright[0]?.some((x) => upright[1]?.includes(x))).toBe(false);
});

test("no line of a crowded diagram crosses a box it does not belong to", () => {
  const boxes = Array.from({ length: 20 }, (_, at) => box(`c${String(at)}`, (at % 5) * 280, Math.floor(at / 5) * 180, 60 + (at * 37) % 90));
  let crossed = 0;
  for (const from of boxes) {
    for (const to of boxes) {
      const others = boxes.filter((other) => other !== from && other !== to);
      if (crosses(route(port(from, 40), port(to, 40), others, 20).points, others, from === to ? [from] : [from, to])) crossed += 1;
    }
  }
  expect(crossed).toBe(0);
});

test("boxes above one another are joined on one side, and a box with itself", () => {
  const [upper, lower] = [box("a", 0, 0), box("b", 20, 200)];
  expect(route(port(upper, 40), port(lower, 40), [], 20).points[1]).toEqual({ x: 240, y: 40 });
  const self = route(port(upper, 80), port(upper, 40), [], 20);
  expect(self.points).toEqual([{ x: 200, y: 80 }, { x: 220, y: 80 }, { x: 220, y: 40 }, { x: 200, y: 40 }]);
});

test("while a box is carried its lines are plain", () => {
  const [left, between, right] = [box("a", 0, 0), box("b", 280, 0), box("c", 560, 0)];
  expect(route(port(right, 40), port(left, 40), [between], 20, false).points).toHaveLength(4);
});

test("corners are rounded, ends are not", () => {
  expect(pathOf([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }])).toBe("M0,0 L8,0 Q10,0 10,2 L10,10");
});
