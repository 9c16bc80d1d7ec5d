// Real files, not made for us: imported, queried, exported, and read back equal.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { ImportJob, Plinth, SchemaDefinition } from "../../../sdk/dist/esm/index.js";
import { onEveryStore } from "./stores";

const DATA = join(dirname(createRequire(import.meta.url).resolve("vega-datasets")), "../data");
const text = (name: string): string => readFileSync(join(DATA, name), "utf8");

type Row = Record<string, string | number | null>;

const AIRPORTS: SchemaDefinition = {
  timestamps: false,
  fields: {
    iata: { type: "String", primaryKey: true },
    name: { type: "String" },
    city: { type: "String" },
    state: { type: "String" },
    country: { type: "String" },
    latitude: { type: "Double" },
    longitude: { type: "Double" },
  },
};

/** The file's own names beside names that a column can have. */
const MOVIE_COLUMNS: Record<string, [field: string, type: "String" | "BigInt" | "Double" | "Integer"]> = {
  Title: ["title", "String"],
  "US Gross": ["us_gross", "BigInt"],
  "Worldwide Gross": ["worldwide_gross", "BigInt"],
  "US DVD Sales": ["us_dvd_sales", "BigInt"],
  "Production Budget": ["production_budget", "BigInt"],
  "Release Date": ["release_date", "String"],
  "MPAA Rating": ["mpaa_rating", "String"],
  "Running Time min": ["running_time_min", "Integer"],
  Distributor: ["distributor", "String"],
  Source: ["source", "String"],
  "Major Genre": ["major_genre", "String"],
  "Creative Type": ["creative_type", "String"],
  Director: ["director", "String"],
  "Rotten Tomatoes Rating": ["rotten_tomatoes_rating", "Integer"],
  "IMDB Rating": ["imdb_rating", "Double"],
  "IMDB Votes": ["imdb_votes", "Integer"],
};

async function ended(admin: Plinth, job: ImportJob): Promise<ImportJob> {
  let now = job;
  while (!["done", "failed", "cancelled"].includes(now.state)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = await admin.imports.get(job.id);
  }
  return now;
}

async function exported(admin: Plinth, collection: string): Promise<Row[]> {
  const answer = await admin.items(collection).export({ format: "ndjson", sort: ["position"] });
  const lines = (await answer.text()).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Row);
}

onEveryStore("real files", (project) => {
  it("airports: a CSV file comes back as it was", async () => {
    const { admin } = project;
    await admin.schemas.create("airports", AIRPORTS);
    const file = text("airports.csv");
    const [head, ...lines] = file.trim().split(/\r?\n/);
    const job = await ended(
      admin,
      await admin.imports.start({ collection: "airports", format: "csv", file: new File([file], "airports.csv") }),
    );
    expect([job.state, job.rowsWritten, job.rowsRejected]).toEqual(["done", lines.length, 0]);
    const csv = await (await admin.items("airports").export({ format: "csv", sort: ["iata"] })).text();
    const [exportedHead, ...exportedLines] = csv.trim().split("\r\n");
    expect(exportedHead).toBe(head);
    const numbersAside = (line: string): string => line.replaceAll('"', "");
    expect(exportedLines.map(numbersAside).sort()).toEqual(lines.map(numbersAside).sort());
    const alaska = await admin.items("airports").find({ filter: { state: { eq: "AK" } }, limit: 1 });
    expect(alaska.totalCount).toBe(lines.filter((line) => /,AK,USA,/.test(line)).length);
  });

  it("movies: a JSON file under its own column names comes back equal", async () => {
    const { admin } = project;
    const fields: SchemaDefinition["fields"] = {
      position: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
    };
    for (const [field, type] of Object.values(MOVIE_COLUMNS)) fields[field] = { type };
    await admin.schemas.create("movies", { timestamps: false, fields });
    const movies = JSON.parse(text("movies.json")) as Row[];
    const mapping = Object.fromEntries(Object.entries(MOVIE_COLUMNS).map(([column, [field]]) => [column, field]));
    const job = await ended(
      admin,
      await admin.imports.start({
        collection: "movies",
        format: "json",
        mapping,
        file: new File([text("movies.json")], "movies.json"),
      }),
    );
    expect([job.state, job.rowsWritten]).toEqual(["done", movies.length]);
    const expected = movies.map((movie) =>
      Object.fromEntries(
        Object.entries(MOVIE_COLUMNS).map(([column, [field, type]]) => {
          const value = movie[column] ?? null;
          return [field, type === "String" && value !== null ? String(value) : value];
        }),
      ),
    );
    const found = (await exported(admin, "movies")).map(({ position: _, ...movie }) => movie);
    expect(found).toEqual(expected);
    const rated = await admin.items("movies").find({
      filter: { AND: [{ imdb_rating: { gte: 8.5 } }, { director: { isNotNull: true } }] },
      limit: 0,
    });
    const good = movies.filter((movie) => Number(movie["IMDB Rating"] ?? 0) >= 8.5 && movie["Director"] !== null);
    expect(rated.totalCount).toBe(good.length);
  });

  it("flights: a file through the synchronous route, grouped as the file says", async () => {
    const { admin } = project;
    await admin.schemas.create("flights", {
      timestamps: false,
      fields: {
        position: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
        date: { type: "String" },
        delay: { type: "Integer" },
        distance: { type: "Integer" },
        origin: { type: "String" },
        destination: { type: "String" },
      },
    });
    const flights = JSON.parse(text("flights-2k.json")) as Row[];
    const result = await admin.items("flights").importJSON(new File([text("flights-2k.json")], "flights.json"));
    expect(result.imported).toBe(flights.length);
    expect((await exported(admin, "flights")).map(({ position: _, ...flight }) => flight)).toEqual(flights);
    const groups = await admin.items("flights").aggregate({
      aggregate: { n: { function: "count", field: "position" }, far: { function: "sum", field: "distance" } },
      groupBy: ["origin"],
      sort: { origin: "asc" },
    });
    const known = new Map<string, { n: number; far: number }>();
    for (const flight of flights) {
      const group = known.get(String(flight["origin"])) ?? { n: 0, far: 0 };
      known.set(String(flight["origin"]), { n: group.n + 1, far: group.far + Number(flight["distance"]) });
    }
    const expected = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([origin, sums]) => ({ origin, ...sums }));
    expect(groups.map(({ origin, n, far }) => ({ origin, n, far }))).toEqual(expected);
  });
});
