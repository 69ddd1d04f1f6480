import { optionalUrl } from "./text-fields.ts";

/** What must outlive the process. */
export const database = {
  url: optionalUrl({
    doc: "Address of PostgreSQL. Without it everything is kept in memory.",
    schemes: ["postgres", "postgresql"],
    env: ["DATABASE_URL", "PULSAR_DATABASE_URL"],
  }),
};
