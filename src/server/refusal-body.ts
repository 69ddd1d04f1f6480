import { ERRORS, type Refusal } from "../core/errors.ts";

/** A refusal as the JSON body of an HTTP response. */
export function refusalBody({ code, details }: Refusal): object {
  return { error: code, message: ERRORS[code].text, ...(Object.keys(details).length > 0 && { details }) };
}
