import type { Alias } from "./field.ts";

/** Pulsar's own environment names, taken as they are: aliases in the groups they belong to. */

/** One half of an address such as `0.0.0.0:8080` or `[::]:8080`; what is none becomes text that no setting takes. */
export function ofBind(name: string, part: "host" | "port"): Alias {
  return {
    name,
    read(value) {
      const found = typeof value === "string" ? /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) : null;
      if (!found) return `${String(value)} without host or port`;
      return part === "port" ? found[3] : (found[1] ?? found[2]);
    },
  };
}
