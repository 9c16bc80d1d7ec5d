-- The same questions answered by PostGIS, which stands in the schema {postgis}.

CREATE OR REPLACE FUNCTION bx_geo_within(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
  SELECT {postgis}.ST_Within({postgis}.ST_GeomFromGeoJSON(a), {postgis}.ST_GeomFromGeoJSON(b))
$body$;

CREATE OR REPLACE FUNCTION bx_geo_contains(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
  SELECT {postgis}.ST_Contains({postgis}.ST_GeomFromGeoJSON(a), {postgis}.ST_GeomFromGeoJSON(b))
$body$;

CREATE OR REPLACE FUNCTION bx_geo_intersects(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
  SELECT {postgis}.ST_Intersects({postgis}.ST_GeomFromGeoJSON(a), {postgis}.ST_GeomFromGeoJSON(b))
$body$;

CREATE OR REPLACE FUNCTION bx_geo_overlaps(a jsonb, b jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
  SELECT {postgis}.ST_Overlaps({postgis}.ST_GeomFromGeoJSON(a), {postgis}.ST_GeomFromGeoJSON(b))
$body$;

CREATE OR REPLACE FUNCTION bx_geo_distance(a jsonb, b jsonb) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $body$
  SELECT {postgis}.ST_Distance(
    {postgis}.geography({postgis}.ST_GeomFromGeoJSON(a)), {postgis}.geography({postgis}.ST_GeomFromGeoJSON(b)))
$body$;
