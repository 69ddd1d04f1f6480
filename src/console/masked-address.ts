import { isIPv4 } from "node:net";
import { placeOf } from "../lib/place.ts";

/** Enough of an address to tell networks apart, and too little to tell who it is. */
export function maskedAddress(address: string): string {
  if (isIPv4(address)) return `${address.split(".").slice(0, 2).join(".")}.•.•`;
  const groups = placeOf(address).split(":").slice(0, 2);
  return address.includes(":") ? `${groups.join(":")}:•` : "•";
}
