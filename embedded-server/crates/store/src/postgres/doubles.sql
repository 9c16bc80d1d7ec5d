
-- Doubles in computed fields, reckoned as SQLite reckons: what is beyond the largest is infinite, what
-- is too small is zero, and what is no number is NULL. Postgres refuses the first two. Whatever comes
-- near a bound is brought to the middle by a power of two first, which changes no digit.

CREATE OR REPLACE FUNCTION bx_float_add(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $body$
BEGIN
  IF abs(a) < 8e307 AND abs(b) < 8e307 OR abs(a) < 1e200 OR abs(b) < 1e200
      OR abs(a) = 'Infinity' OR abs(b) = 'Infinity' THEN
    RETURN nullif(a + b, 'NaN');
  END IF;
  IF abs(a / 2 + b / 2) >= 2::float8 ^ 1023 THEN
    RETURN sign(a) * 'Infinity'::float8;
  END IF;
  RETURN a + b;
END
$body$;

CREATE OR REPLACE FUNCTION bx_float_mul(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $body$
DECLARE
  most float8 := greatest(abs(a), abs(b));
  least float8 := least(abs(a), abs(b));
BEGIN
  IF least = 0 OR most = 'Infinity' OR least > 1e-150 AND most < 1e150 THEN
    RETURN nullif(a * b, 'NaN');
  END IF;
  IF least >= 1 THEN
    IF (most / 2::float8 ^ 512) * (least / 2::float8 ^ 512) >= 1 THEN
      RETURN sign(a) * sign(b) * 'Infinity'::float8;
    END IF;
  ELSIF most < 1e-150 THEN
    IF (most * 2::float8 ^ 900) * (least * 2::float8 ^ 900) <= 2::float8 ^ 725 THEN
      RETURN 0;
    END IF;
  ELSIF most < 1 THEN
    IF most * (least * 2::float8 ^ 900) <= 2::float8 ^ (-175) THEN
      RETURN 0;
    END IF;
  END IF;
  RETURN a * b;
END
$body$;

CREATE OR REPLACE FUNCTION bx_float_div(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $body$
DECLARE
  x float8 := abs(a);
  y float8 := abs(b);
BEGIN
  IF y = 0 THEN
    RETURN NULL;
  END IF;
  IF x = 0 OR x = 'Infinity' OR y = 'Infinity'
      OR x BETWEEN 1e-150 AND 1e150 AND y BETWEEN 1e-150 AND 1e150 THEN
    RETURN nullif(a / b, 'NaN');
  END IF;
  IF x >= 1 AND y < 1 THEN
    IF (x / 2::float8 ^ 512) / (y * 2::float8 ^ 1000) >= 2::float8 ^ (-488) THEN
      RETURN sign(a) * sign(b) * 'Infinity'::float8;
    END IF;
  ELSIF x >= 1e-150 AND y < 1e-150 THEN
    IF x / (y * 2::float8 ^ 1000) >= 2::float8 ^ 24 THEN
      RETURN sign(a) * sign(b) * 'Infinity'::float8;
    END IF;
  ELSIF x < 1 AND y > 1 THEN
    IF (x * 2::float8 ^ 1000) / (y / 2::float8 ^ 512) <= 2::float8 ^ 437 THEN
      RETURN 0;
    END IF;
  END IF;
  RETURN a / b;
END
$body$;

-- A decimal as the nearest double.
CREATE OR REPLACE FUNCTION bx_float_of(a numeric) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $body$
BEGIN
  IF abs(a) >= 179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792 THEN
    RETURN sign(a)::float8 * 'Infinity'::float8;
  END IF;
  -- Half of the smallest double.
  IF abs(a) <= 2.47032822920623272088284396434110686182529901307162e-324 THEN
    RETURN 0;
  END IF;
  RETURN a::float8;
END
$body$;

-- The text of a double.
CREATE OR REPLACE FUNCTION bx_float_text(a float8) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 AS $body$
  SELECT CASE WHEN abs(a) = 'Infinity' THEN 'null' ELSE (a + 0)::text END
$body$;

-- The value of a computed field, which is named by its id, because fields change their names.
CREATE OR REPLACE FUNCTION bx_finite(a float8, field text) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20 AS $body$
BEGIN
  IF abs(a) = 'Infinity' THEN
    RAISE EXCEPTION 'beyond the doubles' USING ERRCODE = 'BX001', COLUMN = field;
  END IF;
  RETURN a;
END
$body$;
