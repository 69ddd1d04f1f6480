import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import { SAMPLE_EVENTS } from "../../testing/sample-events.ts";
import { asyncApi } from "./async-api.ts";
import { encodeFrame } from "./encode.ts";
import { frameFor } from "./frames.ts";
import { NATIVE_DEFAULTS } from "./settings.ts";
import { clientFrames, serverFrames } from "./wire.ts";

describe("the AsyncAPI document", () => {
  it("[NT26] describes every frame, and refers to nothing that it does not describe", () => {
    const document = asyncApi();
    const text = JSON.stringify(document);
    const found = (path: string) =>
      path
        .slice(2)
        .split("/")
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);

    for (const type of Object.keys(clientFrames))
      expect(found(`#/components/messages/client.${type}`)).toBeDefined();
    for (const type of Object.keys(serverFrames))
      expect(found(`#/components/messages/server.${type}`)).toBeDefined();
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, path = ""]) => path);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((path) => found(path) === undefined)).toEqual([]);
  });

  it("[NT26] is true: what the server tells has the shapes that it says", () => {
    const validators = new Map(Object.entries(serverFrames).map(([type, shape]) => [type, Compile(shape)]));
    for (const event of Object.values(SAMPLE_EVENTS)) {
      const frame = frameFor(event, NATIVE_DEFAULTS);
      if (!frame) continue;
      const told = JSON.parse(encodeFrame(frame, "json") as string) as { t: string };
      const errors = validators.get(told.t)?.Errors(told);

      expect(errors, `${event.type}: ${JSON.stringify(told)}`).toEqual([]);
    }
  });
});
