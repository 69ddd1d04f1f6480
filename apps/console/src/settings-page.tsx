import { useState } from "preact/hooks";
import type { SettingLine } from "./answers.ts";
import type { PageProps } from "./page.ts";
import { usePolled } from "./polling.ts";
import { Trouble } from "./trouble.tsx";

/** Settings do not change while a server runs; a restarted one may have others. */
const EVERY_MS = 30_000;

export function SettingsPage({ api }: PageProps) {
  const [search, setSearch] = useState("");
  const [onlyChosen, setOnlyChosen] = useState(false);
  const { answer, error } = usePolled(
    () => api.get<{ readonly settings: readonly SettingLine[] }>("settings"),
    { key: "settings", everyMs: EVERY_MS },
  );
  const fits = ({ path, doc, isDefault }: SettingLine) =>
    `${path} ${doc}`.toLowerCase().includes(search.toLowerCase()) && !(onlyChosen && isDefault);
  const groups = new Map<string, SettingLine[]>();
  for (const line of answer?.settings.filter(fits) ?? [])
    groups.set(line.group, [...(groups.get(line.group) ?? []), line]);

  return (
    <>
      <search>
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
          <label>
            Setting
            <input
              type="search"
              value={search}
              onInput={({ currentTarget }) => setSearch(currentTarget.value)}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={onlyChosen}
              onChange={({ currentTarget }) => setOnlyChosen(currentTarget.checked)}
            />
            Only what is not the default
          </label>
        </form>
      </search>
      <Trouble error={error} {...(!answer && { waiting: "Asking the server…" })} />
      {answer && groups.size === 0 && <p class="card soft empty">No setting here fits.</p>}
      {[...groups].map(([group, lines]) => (
        <section class="card settings" key={group}>
          <h2>{group}</h2>
          <dl>
            {lines.map(({ path, value, doc, isDefault }) => (
              <div key={path} data-testid="setting" data-path={path}>
                <dt>
                  <code>{path}</code> {!isDefault && <span class="badge good">set</span>}
                  <p class="soft">{withCode(doc)}</p>
                </dt>
                <dd>{value === "" ? <span class="soft">not set</span> : <code>{value}</code>}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

/** What stands between backticks, as code. */
function withCode(text: string) {
  // Every other part was between two of them.
  return text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}
