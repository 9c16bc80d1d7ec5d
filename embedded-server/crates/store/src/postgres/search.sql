
-- The words of texts that are too long for one tsvector, which ends at a megabyte. `body` has blanks
-- in place of signs.

-- Whether every word of `sought`, a text for `to_tsquery`, is in the text as a beginning: in pieces
-- that end where words end. A search of nothing but common words finds nothing.
CREATE OR REPLACE FUNCTION bx_search_long(body text, sought text) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100 AS $body$
  WITH tokens AS (
    SELECT token, n, sum(octet_length(token)) OVER (ORDER BY n) / 200000 AS piece
    FROM ts_parse('default', body) WITH ORDINALITY AS parsed(tokid, token, n)
  ), stems AS MATERIALIZED (
    SELECT to_tsvector('english', string_agg(token, '' ORDER BY n)) AS held FROM tokens GROUP BY piece
  ), wanted AS (
    SELECT to_tsquery('english', term) AS term FROM unnest(string_to_array(sought, ' & ')) term
  )
  SELECT coalesce(bool_and(EXISTS (SELECT 1 FROM stems WHERE held @@ term)), false)
  FROM wanted WHERE numnode(term) > 0
$body$;

-- How many words of the text begin as one of `sought`, a list with blanks between its words.
CREATE OR REPLACE FUNCTION bx_rank_long(body text, sought text) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100 AS $body$
  SELECT coalesce(sum(times), 0)::double precision
  FROM (SELECT token, count(*) AS times FROM ts_parse('default', body) GROUP BY token) words
  WHERE EXISTS (
    SELECT 1 FROM unnest(to_tsvector('english', token)) found
    JOIN unnest(tsvector_to_array(to_tsvector('english', sought))) wanted (stem)
      ON found.lexeme ^@ wanted.stem
  )
$body$;
