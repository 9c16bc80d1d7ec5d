/** Whom one may view as. Administrators are none of them: they see what the viewer sees. */
import type { PersonaOpened, Role } from "@plinth/sdk";
import { queryOptions } from "@tanstack/react-query";
import type { Session } from "@/host/session";
import { v } from "./messages";

type Asks = Pick<Session, "client" | "project">;

/** People that one list shows. */
export const PEOPLE = 50;

export interface Somebody {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

interface UserRow {
  readonly id: string;
  readonly email?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
}

export function nameOf(user: Omit<UserRow, "id">): string {
  const name = [user.firstName, user.lastName].filter((part) => part).join(" ");
  return name === "" ? (user.email ?? "") : name;
}

export function peopleQuery({ client, project }: Asks, search: string) {
  const text = search.trim();
  const like = { icontains: text };
  return queryOptions({
    queryKey: ["view-as", project.id, "people", text],
    queryFn: async ({ signal }): Promise<readonly Somebody[]> => {
      const { data } = await client.http.get<{ data: readonly UserRow[] }>("/items/baasix_User", {
        params: {
          fields: ["id", "email", "firstName", "lastName"],
          filter: {
            AND: [
              { status: { eq: "active" } },
              { "userRoles.role.name": { ne: "administrator" } },
              ...(text === "" ? [] : [{ OR: [{ firstName: like }, { lastName: like }, { email: like }] }]),
            ],
          },
          sort: ["firstName", "lastName", "id"],
          limit: PEOPLE,
          count: "none",
        },
        signal,
      });
      return data.map((user) => ({ id: user.id, name: nameOf(user), email: user.email ?? "" }));
    },
    staleTime: 10_000,
  });
}

export function rolesQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["view-as", project.id, "roles"],
    queryFn: async ({ signal }): Promise<readonly Role[]> => {
      const { data } = await client.roles.find({ sort: ["name"], limit: -1 }, { signal });
      return data.filter(({ name }) => name !== "administrator" && name !== "public");
    },
    staleTime: 10_000,
  });
}

/** As whom it is, in words. */
export function calledAs({ user, role }: Pick<PersonaOpened, "user" | "role">): string {
  if (user !== null) return v("person", { name: nameOf(user), role: role.name });
  return role.name === "public" ? v("public") : v("role", { role: role.name });
}
