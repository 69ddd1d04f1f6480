import { readFileSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect } from "vitest";

type Json = Readonly<Record<string, unknown>>;

const ref = Type.Object(
  { $ref: Type.String({ pattern: "^#/components/schemas/[A-Za-z]+$" }) },
  { additionalProperties: false },
);
const content = Type.Record(
  Type.String({ pattern: "^[a-z]+/[a-z.+-]+$" }),
  Type.Object({ schema: ref }, { additionalProperties: false }),
);
const operation = Type.Object(
  {
    operationId: Type.String({ pattern: "^[a-z][A-Za-z]+$" }),
    summary: Type.String({ minLength: 1 }),
    parameters: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String(),
            in: Type.Enum(["query", "header", "path", "cookie"]),
            required: Type.Boolean(),
            schema: Type.Object({ type: Type.String() }),
          },
          { additionalProperties: false },
        ),
      ),
    ),
    security: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Array(Type.String())))),
    requestBody: Type.Optional(
      Type.Object({ required: Type.Boolean(), content }, { additionalProperties: false }),
    ),
    responses: Type.Record(
      Type.String({ pattern: "^[1-5][0-9]{2}$" }),
      Type.Object(
        { description: Type.String({ minLength: 1 }), content: Type.Optional(content) },
        { additionalProperties: false },
      ),
      { minProperties: 1 },
    ),
  },
  { additionalProperties: false },
);

/** OpenAPI 3.1 as far as our document goes: what is not named here it must not have. */
const OPEN_API = Type.Object(
  {
    openapi: Type.String({ pattern: "^3\\.1\\.\\d+$" }),
    info: Type.Object(
      {
        title: Type.String({ minLength: 1 }),
        version: Type.String({ minLength: 1 }),
        description: Type.Optional(Type.String()),
        // The identifier is SPDX's; an URL must not stand beside it.
        license: Type.Object(
          { name: Type.String(), identifier: Type.String() },
          { additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
    paths: Type.Record(
      Type.String({ pattern: "^/" }),
      Type.Object(
        { get: Type.Optional(operation), post: Type.Optional(operation) },
        { additionalProperties: false },
      ),
    ),
    components: Type.Object(
      {
        schemas: Type.Record(Type.String({ pattern: "^[a-zA-Z0-9._-]+$" }), Type.Object({})),
        securitySchemes: Type.Record(
          Type.String(),
          Type.Object({
            type: Type.Literal("http"),
            scheme: Type.String(),
            description: Type.Optional(Type.String()),
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

/** What is wrong with a document of OpenAPI 3.1. */
export function flawsOf(document: Json): string[] {
  const flaws = [...Value.Errors(OPEN_API, document)].map(
    ({ instancePath, message }) => `${instancePath} ${message}`,
  );
  if (flaws.length > 0) return flaws;
  const { paths, components } = document as unknown as Type.Static<typeof OPEN_API>;
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(paths)) {
    for (const each of Object.values(item)) {
      if (ids.has(each.operationId)) flaws.push(`${each.operationId} is there twice`);
      ids.add(each.operationId);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (each.parameters ?? [])
        .filter((one) => one.in === "path" && one.required)
        .map(({ name }) => name);
      if (inPath.join() !== declared.join())
        flaws.push(`${path} has the parameters ${inPath}, declared are ${declared}`);
      for (const scheme of (each.security ?? []).flatMap(Object.keys))
        if (!Object.hasOwn(components.securitySchemes, scheme))
          flaws.push(`${path} needs ${scheme}, which is nowhere`);
    }
  }
  for (const [, name = ""] of JSON.stringify(paths).matchAll(/#\/components\/schemas\/(\w+)/g))
    if (!Object.hasOwn(components.schemas, name)) flaws.push(`the schema ${name} is nowhere`);
  return flaws;
}

const published = JSON.parse(
  readFileSync(new URL("../../docs/reference/openapi.json", import.meta.url), "utf8"),
) as Type.Static<typeof OPEN_API>;

/** Compares every answer to `fetch` in a file of tests with the published description. */
export function compareAnswers(): void {
  const { fetch } = globalThis;
  let compared = 0;
  beforeAll(() => {
    globalThis.fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (await compare(new URL(String(input)).pathname, init?.method ?? "GET", response.clone())) compared++;
      return response;
    };
  });
  afterAll(() => {
    globalThis.fetch = fetch;
    expect(compared).toBeGreaterThan(0);
  });
}

/** @returns whether the description has a word for it. */
async function compare(path: string, method: string, response: Response): Promise<boolean> {
  const found = Object.entries(published.paths).find(([pattern]) =>
    new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`).test(path),
  );
  const asked = found?.[1][(method === "HEAD" ? "get" : method.toLowerCase()) as "get" | "post"];
  if (!asked) return false;
  const where = `${method} ${path} ${response.status}`;
  const described = asked.responses[response.status];
  expect(described, `${where} is described`).toBeDefined();
  const [type, media] = Object.entries(described?.content ?? {})[0] ?? [];
  const text = await response.text();
  if (type === undefined || media === undefined) expect(text, where).toBe("");
  else {
    expect(response.headers.get("content-type"), where).toBe(type);
    const name = media.schema.$ref.split("/").at(-1) ?? "";
    const shape = Compile(closed(published.components.schemas[name] ?? {}));
    if (method !== "HEAD") expect([...shape.Errors(JSON.parse(text))], where).toEqual([]);
  }
  return true;
}

/** The same shape without room for what it does not name: an answer must say nothing that is not described. */
function closed(shape: unknown): Json {
  return JSON.parse(JSON.stringify(shape), (_key, value) =>
    value?.type === "object" ? { ...value, additionalProperties: false } : value,
  ) as Json;
}
