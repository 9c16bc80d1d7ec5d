-- What shapes on the earth are to each other, on every server, whether PostGIS stands there or not.
--
-- The same steps in the same order as `base/src/geo`, so that both stores give the same answer:
-- whoever changes a formula here changes it there. Names inside of each body are found by the
-- search path of whoever asks, who finds the tables by it too.

-- The rectangle around a geometry, for indexes: of every list that begins with two numbers.
CREATE OR REPLACE FUNCTION bx_geo_box(g jsonb) RETURNS box
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100 AS $body$
  SELECT pg_catalog.box(pg_catalog.point(max(x), max(y)), pg_catalog.point(min(x), min(y)))
  FROM (
    SELECT (p->>0)::float8 AS x, (p->>1)::float8 AS y
    FROM pg_catalog.jsonb_path_query(g, 'strict $.** ? (@.type() == "array" && @[0].type() == "number")') p
  ) spots
$body$;

-- A geometry as its edges. A point is an edge whose ends are one (dim 0), lines have dim 1, rings
-- dim 2; `part` tells lines and polygons apart, `head` and `tail` mark where a line, and a
-- polygon's outer ring, begin and end.
CREATE OR REPLACE FUNCTION bx_geo_edges(g jsonb)
RETURNS TABLE (dim int, part int, head boolean, tail boolean, ax float8, ay float8, bx float8, by float8)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20 AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH RECURSIVE shapes(path, kind, s) AS (
    SELECT ARRAY[]::int[], g->>'type', g
    UNION ALL
    SELECT path || n::int, m->>'type', m
    FROM shapes, jsonb_array_elements(CASE WHEN kind = 'GeometryCollection' THEN s->'geometries' END)
      WITH ORDINALITY AS e(m, n)
  ), chains(dim, path, k, ring, l) AS (
    SELECT 1, path, 1::bigint, 1::bigint, s->'coordinates' FROM shapes WHERE kind = 'LineString'
    UNION ALL
    SELECT 1, path, n, 1, l FROM shapes,
      jsonb_array_elements(CASE WHEN kind = 'MultiLineString' THEN s->'coordinates' END) WITH ORDINALITY AS e(l, n)
    UNION ALL
    SELECT 2, path, 1, n, l FROM shapes,
      jsonb_array_elements(CASE WHEN kind = 'Polygon' THEN s->'coordinates' END) WITH ORDINALITY AS e(l, n)
    UNION ALL
    SELECT 2, path, k, n, l FROM shapes,
      jsonb_array_elements(CASE WHEN kind = 'MultiPolygon' THEN s->'coordinates' END) WITH ORDINALITY AS q(m, k),
      jsonb_array_elements(m) WITH ORDINALITY AS e(l, n)
  ), ends AS (
    SELECT c.dim, dense_rank() OVER (ORDER BY c.dim, c.path, c.k)::int AS part,
      c.ring = 1 AND n = 1 AS head, lead(n, 2) OVER w IS NULL AS tail,
      (p->>0)::float8 AS ax, (p->>1)::float8 AS ay,
      lead((p->>0)::float8) OVER w AS bx, lead((p->>1)::float8) OVER w AS by
    FROM chains c, jsonb_array_elements(c.l) WITH ORDINALITY AS e(p, n)
    WINDOW w AS (PARTITION BY c.dim, c.path, c.k, c.ring ORDER BY n)
  )
  SELECT 0, 0, true, true, (p->>0)::float8, (p->>1)::float8, (p->>0)::float8, (p->>1)::float8
  FROM (
    SELECT s->'coordinates' AS p FROM shapes WHERE kind = 'Point'
    UNION ALL
    SELECT p FROM shapes, jsonb_array_elements(CASE WHEN kind = 'MultiPoint' THEN s->'coordinates' END) p
  ) points
  UNION ALL
  SELECT dim, part, head, tail, ax, ay, bx, by FROM ends WHERE bx IS NOT NULL;
END
$body$;

-- Squared distance of a position from an edge, in the plane.
CREATE OR REPLACE FUNCTION bx_geo_gap(px float8, py float8, ax float8, ay float8, bx float8, by float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE
    WHEN (px - ax) * (bx - ax) + (py - ay) * (by - ay) <= 0
      OR (bx - ax) * (bx - ax) + (by - ay) * (by - ay) = 0
      THEN (px - ax) * (px - ax) + (py - ay) * (py - ay)
    WHEN (px - ax) * (bx - ax) + (py - ay) * (by - ay) >= (bx - ax) * (bx - ax) + (by - ay) * (by - ay)
      THEN (px - bx) * (px - bx) + (py - by) * (py - by)
    ELSE ((px - ax) * (by - ay) - (py - ay) * (bx - ax)) * ((px - ax) * (by - ay) - (py - ay) * (bx - ax))
      / ((bx - ax) * (bx - ax) + (by - ay) * (by - ay))
  END
$body$;

-- One position inside of each polygon.
CREATE OR REPLACE FUNCTION bx_geo_inner(g jsonb) RETURNS TABLE (x float8, y float8)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 1 AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH e AS MATERIALIZED (SELECT * FROM bx_geo_edges(g) WHERE dim = 2),
  levels AS (
    SELECT DISTINCT ON (part) part, low + gap / 2 AS y
    FROM (
      SELECT part, ay AS low, lead(ay) OVER (PARTITION BY part ORDER BY ay) - ay AS gap
      FROM (SELECT DISTINCT part, ay FROM e) turns
    ) gaps
    WHERE gap IS NOT NULL
    ORDER BY part, gap DESC, low
  ), crossings AS (
    SELECT part, y, x, lead(x) OVER w - x AS width, row_number() OVER w AS n
    FROM (
      SELECT part, y, (bx - ax) * (y - ay) / CASE WHEN by = ay THEN 1 ELSE by - ay END + ax AS x
      FROM e JOIN levels USING (part)
      WHERE (ay > y) <> (by > y)
    ) rays
    WINDOW w AS (PARTITION BY part ORDER BY x)
  )
  SELECT DISTINCT ON (part) x + width / 2, y
  FROM crossings
  WHERE n % 2 = 1 AND width IS NOT NULL
  ORDER BY part, width DESC, x;
END
$body$;

-- Where the pieces of one geometry lie in another: bit 4 * who + place, who being 0 points, 1
-- lines, 2 rings and 3 positions inside of polygons, place being 0 outside, 1 on a ring or at the
-- end of a line, 2 on a line or point and 3 inside of a polygon.
CREATE OR REPLACE FUNCTION bx_geo_sides(a jsonb, b jsonb) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $body$
BEGIN
  RETURN (
  WITH ea AS MATERIALIZED (
    SELECT row_number() OVER () AS id, e.*, bx - ax AS dx, by - ay AS dy,
      (bx - ax) * (bx - ax) + (by - ay) * (by - ay) AS length,
      least(ax, bx) AS x0, greatest(ax, bx) AS x1, least(ay, by) AS y0, greatest(ay, by) AS y1
    FROM bx_geo_edges(a) e
  ), eb AS MATERIALIZED (
    SELECT e.*, least(ax, bx) AS x0, greatest(ax, bx) AS x1, least(ay, by) AS y0, greatest(ay, by) AS y1
    FROM bx_geo_edges(b) e
  ), cuts AS (
    SELECT id, 0::float8 AS t FROM ea WHERE dim > 0
    UNION
    SELECT id, 1 FROM ea WHERE dim > 0
    UNION
    SELECT id, t FROM (
      SELECT s.id, unnest(ARRAY[
        CASE WHEN s.dx * (u.by - u.ay) - s.dy * (u.bx - u.ax) <> 0
          THEN ((u.ax - s.ax) * (u.by - u.ay) - (u.ay - s.ay) * (u.bx - u.ax))
            / (s.dx * (u.by - u.ay) - s.dy * (u.bx - u.ax)) END,
        CASE WHEN s.length > 0 THEN ((u.ax - s.ax) * s.dx + (u.ay - s.ay) * s.dy) / s.length END,
        CASE WHEN s.length > 0 THEN ((u.bx - s.ax) * s.dx + (u.by - s.ay) * s.dy) / s.length END
      ]) AS t
      FROM ea s JOIN eb u ON s.dim > 0 AND u.dim > 0
        AND s.x0 <= u.x1 + 1e-9 AND u.x0 <= s.x1 + 1e-9 AND s.y0 <= u.y1 + 1e-9 AND u.y0 <= s.y1 + 1e-9
    ) crossed
    WHERE t BETWEEN 0 AND 1
  ), spots AS (
    SELECT dim AS who, ax + (t + next) / 2 * dx AS x, ay + (t + next) / 2 * dy AS y
    FROM (SELECT id, t, lead(t) OVER (PARTITION BY id ORDER BY t) AS next FROM cuts) pieces JOIN ea USING (id)
    WHERE (next - t) * sqrt(length) > 4e-9 OR next - t = 1
    UNION ALL
    SELECT 0, ax, ay FROM ea WHERE dim = 0
    UNION ALL
    SELECT 3, x, y FROM bx_geo_inner(a)
  )
  SELECT coalesce(bit_or(1 << (who * 4 + place)), 0)
  FROM spots s CROSS JOIN LATERAL (
    SELECT CASE
      WHEN bool_or(inside) THEN 3
      WHEN bool_or(point) OR (bool_or(line) AND sum(ends) % 2 = 0) THEN 2
      WHEN bool_or(ring) OR sum(ends) % 2 = 1 THEN 1
      ELSE 0
    END AS place
    FROM (
      SELECT
        e.dim = 2 AND sum(CASE WHEN (e.ay > s.y) <> (e.by > s.y)
            AND s.x < (e.bx - e.ax) * (s.y - e.ay) / CASE WHEN e.by = e.ay THEN 1 ELSE e.by - e.ay END + e.ax
          THEN 1 ELSE 0 END) % 2 = 1
          AND NOT bool_or(near) AS inside,
        e.dim = 2 AND bool_or(near) AS ring,
        e.dim = 1 AND s.who <> 2 AND bool_or(near) AS line,
        e.dim = 0 AND s.who = 0 AND bool_or(near) AS point,
        sum(CASE WHEN e.dim = 1 AND s.who = 0 THEN
          CASE WHEN e.head AND (e.ax - s.x) * (e.ax - s.x) + (e.ay - s.y) * (e.ay - s.y) <= 1e-18 THEN 1 ELSE 0 END
          + CASE WHEN e.tail AND (e.bx - s.x) * (e.bx - s.x) + (e.by - s.y) * (e.by - s.y) <= 1e-18 THEN 1 ELSE 0 END
          ELSE 0 END) AS ends
      FROM (
        SELECT eb.*, s.x >= x0 - 1e-9 AND s.x <= x1 + 1e-9 AND s.y >= y0 - 1e-9 AND s.y <= y1 + 1e-9
          AND bx_geo_gap(s.x, s.y, ax, ay, bx, by) <= 1e-18 AS near
        FROM eb
      ) e
      GROUP BY e.dim, e.part
    ) parts
  ) placed
  );
END
$body$;

-- Whether nothing of a geometry lies outside of another, told by the sides of both.
CREATE OR REPLACE FUNCTION bx_geo_covered(here int, there int) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT here & 273 = 0 AND (here & 61440 = 0 OR (here & 28672 = 0 AND there & 2048 = 0))
$body$;

CREATE OR REPLACE FUNCTION bx_geo_within(a jsonb, b jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 50000 AS $body$
DECLARE here int;
BEGIN
  IF NOT bx_geo_box(a) && bx_geo_box(b) THEN RETURN false; END IF;
  here := bx_geo_sides(a, b);
  -- Something in the interior, and nothing outside; the way back is asked of areas only.
  IF here & 32972 = 0 OR here & 273 <> 0 THEN RETURN false; END IF;
  IF here & 61440 = 0 THEN RETURN true; END IF;
  RETURN bx_geo_covered(here, bx_geo_sides(b, a));
END
$body$;

CREATE OR REPLACE FUNCTION bx_geo_contains(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 50000 AS $body$ SELECT bx_geo_within(b, a) $body$;

-- Whether two geometries have a position in common.
CREATE OR REPLACE FUNCTION bx_geo_intersects(a jsonb, b jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 40000 AS $body$
BEGIN
  IF NOT bx_geo_box(a) && bx_geo_box(b) THEN RETURN false; END IF;
  RETURN (
    WITH ea AS MATERIALIZED (
      SELECT e.*, least(ax, bx) AS x0, greatest(ax, bx) AS x1, least(ay, by) AS y0, greatest(ay, by) AS y1
      FROM bx_geo_edges(a) e
    ), eb AS MATERIALIZED (
      SELECT e.*, least(ax, bx) AS x0, greatest(ax, bx) AS x1, least(ay, by) AS y0, greatest(ay, by) AS y1
      FROM bx_geo_edges(b) e
    )
    SELECT EXISTS (
      SELECT 1 FROM ea s JOIN eb u
        ON s.x0 <= u.x1 + 1e-9 AND u.x0 <= s.x1 + 1e-9 AND s.y0 <= u.y1 + 1e-9 AND u.y0 <= s.y1 + 1e-9
      WHERE bx_geo_gap(u.ax, u.ay, s.ax, s.ay, s.bx, s.by) <= 1e-18
        OR bx_geo_gap(u.bx, u.by, s.ax, s.ay, s.bx, s.by) <= 1e-18
        OR bx_geo_gap(s.ax, s.ay, u.ax, u.ay, u.bx, u.by) <= 1e-18
        OR bx_geo_gap(s.bx, s.by, u.ax, u.ay, u.bx, u.by) <= 1e-18
        OR (sign((s.bx - s.ax) * (u.ay - s.ay) - (s.by - s.ay) * (u.ax - s.ax))
              * sign((s.bx - s.ax) * (u.by - s.ay) - (s.by - s.ay) * (u.bx - s.ax)) < 0
          AND sign((u.bx - u.ax) * (s.ay - u.ay) - (u.by - u.ay) * (s.ax - u.ax))
              * sign((u.bx - u.ax) * (s.by - u.ay) - (u.by - u.ay) * (s.bx - u.ax)) < 0)
    ) OR EXISTS (
      SELECT 1
      FROM (
        SELECT 1 AS of, ax AS x, ay AS y FROM ea WHERE head
        UNION ALL
        SELECT 2, ax, ay FROM eb WHERE head
      ) s CROSS JOIN LATERAL (
        SELECT bool_or(odd AND NOT near) AS inside
        FROM (
          SELECT sum(CASE WHEN (ay > s.y) <> (by > s.y)
                AND s.x < (bx - ax) * (s.y - ay) / CASE WHEN by = ay THEN 1 ELSE by - ay END + ax
              THEN 1 ELSE 0 END) % 2 = 1 AS odd,
            bool_or(s.x >= x0 - 1e-9 AND s.x <= x1 + 1e-9 AND s.y >= y0 - 1e-9 AND s.y <= y1 + 1e-9
              AND bx_geo_gap(s.x, s.y, ax, ay, bx, by) <= 1e-18) AS near
          FROM (
            SELECT * FROM eb WHERE s.of = 1 AND dim = 2
            UNION ALL
            SELECT * FROM ea WHERE s.of = 2 AND dim = 2
          ) e
          GROUP BY part
        ) parts
      ) placed
      WHERE inside
    )
  );
END
$body$;

-- Of one dimension, sharing something of it, and neither within the other.
CREATE OR REPLACE FUNCTION bx_geo_overlaps(a jsonb, b jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 80000 AS $body$
DECLARE here int; there int; shared boolean;
BEGIN
  IF NOT bx_geo_box(a) && bx_geo_box(b) THEN RETURN false; END IF;
  here := bx_geo_sides(a, b);
  there := bx_geo_sides(b, a);
  IF (here & 65280 <> 0) <> (there & 65280 <> 0) THEN RETURN false; END IF;
  IF here & 65280 <> 0 THEN
    shared := here & 34816 <> 0 OR there & 34816 <> 0;
  ELSIF (here & 240 <> 0) <> (there & 240 <> 0) THEN
    RETURN false;
  ELSIF here & 240 <> 0 THEN
    shared := here & 64 <> 0;
  ELSE
    shared := here & 4 <> 0;
  END IF;
  RETURN shared AND NOT bx_geo_covered(here, there) AND NOT bx_geo_covered(there, here);
END
$body$;

-- A position in space, in metres from the middle of the earth.
CREATE OR REPLACE FUNCTION bx_geo_space(x float8, y float8, OUT sx float8, OUT sy float8, OUT sz float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  pi constant float8 := pi();
  f constant float8 := 1.0::float8 / 298.257223563::float8;
  lon float8 := x * pi / 180;
  lat float8 := y * pi / 180;
  sine float8 := sin(lat);
  normal float8 := 6378137.0::float8 / sqrt(1 - f * (2 - f) * sine * sine);
  axis float8 := normal * cos(lat);
BEGIN
  sx := axis * cos(lon);
  sy := axis * sin(lon);
  sz := normal * (1 - f * (2 - f)) * sine;
END
$body$;

-- The arc that leaves under an azimuth and goes to another latitude, and how far round it leads.
CREATE OR REPLACE FUNCTION bx_geo_towards(azimuth float8, sin1 float8, cos1 float8, sin2 float8,
  OUT sigma float8, OUT cos2_alpha float8, OUT cos_middle float8, OUT round float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
DECLARE
  f constant float8 := 1.0::float8 / 298.257223563::float8;
  sin_alpha float8 := sin(azimuth) * cos1;
  along float8 := cos(azimuth) * cos1;
  arrival float8 := sqrt(greatest(along * along + (sin1 - sin2) * (sin1 + sin2), 0));
  sigma1 float8 := atan2(sin1, along);
  sigma2 float8 := atan2(sin2, arrival);
  c float8;
BEGIN
  cos2_alpha := 1 - sin_alpha * sin_alpha;
  sigma := sigma2 - sigma1;
  cos_middle := cos(sigma1 + sigma2);
  c := f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha));
  round := atan2(sin_alpha * sin2, arrival) - atan2(sin_alpha * sin1, along)
    - (1 - c) * f * sin_alpha
      * (sigma + c * sin(sigma) * (cos_middle + c * cos(sigma) * (2 * cos_middle * cos_middle - 1)));
END
$body$;

-- Metres between two positions along the ellipsoid WGS 84.
CREATE OR REPLACE FUNCTION bx_geo_metres(lon1 float8, lat1 float8, lon2 float8, lat2 float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
DECLARE
  pi constant float8 := pi();
  a_axis constant float8 := 6378137.0;
  f constant float8 := 1.0::float8 / 298.257223563::float8;
  b_axis constant float8 := a_axis * (1 - f);
  apart float8 := abs(lon2 - lon1);
  y float8; x float8; norm float8;
  sin1 float8; cos1 float8; sin2 float8; cos2 float8;
  lambda float8; next float8; moved float8;
  sin_lambda float8; cos_lambda float8; p float8; q float8;
  sigma float8; sin_sigma float8; cos_sigma float8;
  sin_alpha float8; cos2_alpha float8; cos_middle float8; c float8;
  settled boolean := false;
  low float8; high float8; middle float8; arc record;
  u2 float8; a float8; b float8; m2 float8;
BEGIN
  IF apart > 180 THEN apart := 360 - apart; END IF;
  apart := apart * pi / 180;
  y := (1 - f) * sin(lat1 * pi / 180); x := cos(lat1 * pi / 180);
  norm := sqrt(x * x + y * y); sin1 := y / norm; cos1 := x / norm;
  y := (1 - f) * sin(lat2 * pi / 180); x := cos(lat2 * pi / 180);
  norm := sqrt(x * x + y * y); sin2 := y / norm; cos2 := x / norm;
  lambda := apart;
  FOR i IN 1..50 LOOP
    sin_lambda := sin(lambda); cos_lambda := cos(lambda);
    p := cos2 * sin_lambda;
    q := cos1 * sin2 - sin1 * cos2 * cos_lambda;
    sin_sigma := sqrt(p * p + q * q);
    cos_sigma := sin1 * sin2 + cos1 * cos2 * cos_lambda;
    IF sin_sigma = 0 THEN
      IF cos_sigma > 0 THEN RETURN 0; END IF;
      EXIT;
    END IF;
    sigma := atan2(sin_sigma, cos_sigma);
    sin_alpha := cos1 * cos2 * sin_lambda / sin_sigma;
    cos2_alpha := 1 - sin_alpha * sin_alpha;
    cos_middle := CASE WHEN cos2_alpha > 1e-15 THEN cos_sigma - 2 * sin1 * sin2 / cos2_alpha ELSE 0 END;
    c := f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha));
    next := apart + (1 - c) * f * sin_alpha
      * (sigma + c * sin_sigma * (cos_middle + c * cos_sigma * (2 * cos_middle * cos_middle - 1)));
    moved := abs(next - lambda);
    lambda := next;
    EXIT WHEN lambda > pi;
    IF moved < 1e-12 THEN settled := true; EXIT; END IF;
  END LOOP;
  IF NOT settled THEN
    -- Almost opposite each other: the azimuth at the one farther from the equator is halved in.
    IF abs(sin1) < abs(sin2) THEN
      x := sin1; sin1 := sin2; sin2 := x;
      cos1 := cos2;
    END IF;
    IF sin1 > 0 THEN sin1 := -sin1; sin2 := -sin2; END IF;
    sin1 := least(sin1, -1e-13);
    low := 0; high := pi;
    FOR i IN 1..60 LOOP
      middle := (low + high) / 2;
      arc := bx_geo_towards(middle, sin1, cos1, sin2);
      IF arc.round < apart THEN low := middle; ELSE high := middle; END IF;
    END LOOP;
    arc := bx_geo_towards((low + high) / 2, sin1, cos1, sin2);
    sigma := arc.sigma; cos2_alpha := arc.cos2_alpha; cos_middle := arc.cos_middle;
    sin_sigma := sin(sigma); cos_sigma := cos(sigma);
  END IF;
  u2 := cos2_alpha * (a_axis * a_axis - b_axis * b_axis) / (b_axis * b_axis);
  a := 1 + u2 / 16384 * (4096 + u2 * (u2 * (320 - 175 * u2) - 768));
  b := u2 / 1024 * (256 + u2 * (u2 * (74 - 47 * u2) - 128));
  m2 := cos_middle * cos_middle;
  RETURN b_axis * a * (sigma - b * sin_sigma * (cos_middle + b / 4
    * (cos_sigma * (2 * m2 - 1) - b / 6 * cos_middle * (4 * sin_sigma * sin_sigma - 3) * (4 * m2 - 3))));
END
$body$;

-- Metres from a position to the nearest one of an edge, which is found by the straight line
-- through the earth.
CREATE OR REPLACE FUNCTION bx_geo_span(px float8, py float8, ax float8, ay float8, bx float8, by float8)
RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 50000 AS $body$
DECLARE
  golden constant float8 := 0.6180339887498949;
  dx float8 := bx - ax; dy float8 := by - ay;
  steps float8 := greatest(ceil(greatest(abs(dx), abs(dy)) / 10), 1);
  best float8 := 0; nearest_at float8 := 0; nearest float8 := 'infinity'; way float8;
  low float8; high float8; one float8; two float8; way_one float8; way_two float8; middle float8;
  step float8 := 0;
BEGIN
  IF dx = 0 AND dy = 0 THEN RETURN bx_geo_metres(px, py, ax, ay); END IF;
  WHILE step <= steps LOOP
    way := bx_geo_chord(px, py, ax + step / steps * dx, ay + step / steps * dy);
    IF way < nearest THEN best := step; nearest_at := step / steps; nearest := way; END IF;
    step := step + 1;
  END LOOP;
  low := greatest(best - 1, 0) / steps; high := least(best + 1, steps) / steps;
  one := high - golden * (high - low); two := low + golden * (high - low);
  way_one := bx_geo_chord(px, py, ax + one * dx, ay + one * dy);
  way_two := bx_geo_chord(px, py, ax + two * dx, ay + two * dy);
  FOR i IN 1..48 LOOP
    IF way_one < way_two THEN
      high := two; two := one; way_two := way_one;
      one := high - golden * (high - low);
      way_one := bx_geo_chord(px, py, ax + one * dx, ay + one * dy);
    ELSE
      low := one; one := two; way_one := way_two;
      two := low + golden * (high - low);
      way_two := bx_geo_chord(px, py, ax + two * dx, ay + two * dy);
    END IF;
  END LOOP;
  middle := (low + high) / 2;
  IF bx_geo_chord(px, py, ax + middle * dx, ay + middle * dy) < nearest THEN nearest_at := middle; END IF;
  RETURN bx_geo_metres(px, py, ax + nearest_at * dx, ay + nearest_at * dy);
END
$body$;

-- Squared metres of the straight line between two positions.
CREATE OR REPLACE FUNCTION bx_geo_chord(x1 float8, y1 float8, x2 float8, y2 float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 500 AS $body$
DECLARE one record := bx_geo_space(x1, y1); two record := bx_geo_space(x2, y2);
BEGIN
  RETURN (one.sx - two.sx) * (one.sx - two.sx) + (one.sy - two.sy) * (one.sy - two.sy)
    + (one.sz - two.sz) * (one.sz - two.sz);
END
$body$;

-- Metres between two geometries; 0 where they have a position in common.
CREATE OR REPLACE FUNCTION bx_geo_distance(a jsonb, b jsonb) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 80000 AS $body$
BEGIN
  IF a->>'type' = 'Point' AND b->>'type' = 'Point' THEN
    RETURN bx_geo_metres((a#>>'{coordinates,0}')::float8, (a#>>'{coordinates,1}')::float8,
      (b#>>'{coordinates,0}')::float8, (b#>>'{coordinates,1}')::float8);
  END IF;
  IF bx_geo_intersects(a, b) THEN RETURN 0; END IF;
  RETURN (
    WITH edges AS MATERIALIZED (
      SELECT 1 AS of, e.*, f.sx AS fx, f.sy AS fy, f.sz AS fz, t.sx AS tx, t.sy AS ty, t.sz AS tz
      FROM bx_geo_edges(a) e, bx_geo_space(ax, ay) f, bx_geo_space(bx, by) t
      UNION ALL
      SELECT 2, e.*, f.sx, f.sy, f.sz, t.sx, t.sy, t.sz
      FROM bx_geo_edges(b) e, bx_geo_space(ax, ay) f, bx_geo_space(bx, by) t
    ), spots AS MATERIALIZED (
      SELECT of, ax AS x, ay AS y, fx AS sx, fy AS sy, fz AS sz FROM edges
      UNION ALL
      SELECT of, bx, by, tx, ty, tz FROM edges WHERE tail AND dim = 1
    ), pairs AS NOT MATERIALIZED ( -- asked twice: as many as there are may not be held
      SELECT s.x, s.y, e.ax, e.ay, e.bx, e.by,
        sqrt(least(
          (s.sx - e.fx) * (s.sx - e.fx) + (s.sy - e.fy) * (s.sy - e.fy) + (s.sz - e.fz) * (s.sz - e.fz),
          (s.sx - e.tx) * (s.sx - e.tx) + (s.sy - e.ty) * (s.sy - e.ty) + (s.sz - e.tz) * (s.sz - e.tz)
        )) AS most
      FROM spots s JOIN edges e ON s.of <> e.of
    )
    SELECT min(bx_geo_span(x, y, ax, ay, bx, by))
    FROM pairs
    WHERE most - 56000 * sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay)) <= (SELECT min(most) FROM pairs)
  );
END
$body$;
