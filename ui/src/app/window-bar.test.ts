import { expect, test } from "vitest";
import type { Project } from "@/host/host";
import { connectionName } from "@/host/connection-name";

const project = (kind: Project["kind"], environment: Project["environment"]): Project => ({
  id: "p",
  name: "Meridian freight",
  place: "",
  store: "sqlite",
  state: "running",
  guard: "open",
  kind,
  environment,
});

test("the chip tells apart the connections of one name", () => {
  expect(connectionName(project("local", "local"))).toBe("local");
  expect(connectionName(project("remote", "staging"))).toBe("staging");
  expect(connectionName(project("remote", "production"))).toBe("production");
  expect(connectionName(project("remote", "local"))).toBe("remote");
});
