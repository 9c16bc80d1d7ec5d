import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { ExistingLink } from "@/features/existing/ExistingLink";
import { SchemaPage } from "@/features/collections/SchemaPage";

const word = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

export function SchemaRoute() {
  const { project } = useParams({ strict: false });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const onSelect = useCallback(
    (collection: string | undefined, field: string | undefined) => {
      if (project === undefined) return;
      void navigate({
        to: "/p/$project/schema",
        params: { project },
        search: { ...(collection === undefined ? {} : { collection }), ...(field === undefined ? {} : { field }) },
        replace: true,
      });
    },
    [navigate, project],
  );
  const onRows = useCallback(
    (collection: string, only?: { readonly field: string; readonly values: readonly string[] }) => {
      if (project === undefined) return;
      const search = only ? { filter: JSON.stringify([[only.field, "in", only.values.join(", ")]]) } : {};
      void navigate({ to: "/p/$project/data/$collection", params: { project, collection }, search });
    },
    [navigate, project],
  );
  const existing = (place: "bar" | "empty") => (
    <ExistingLink
      inBar={place === "bar"}
      onOpen={() => {
        if (project !== undefined) void navigate({ to: "/p/$project/schema/existing", params: { project } });
      }}
    />
  );
  return <SchemaPage aside={existing} onRows={onRows} collection={word(search["collection"])} field={word(search["field"])} isNew={search["new"] === true} onSelect={onSelect} />;
}
