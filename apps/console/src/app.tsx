import { useEffect, useMemo, useState } from "preact/hooks";
import { Api } from "./api.ts";
import { Confirm, type Intent } from "./confirm.tsx";
import { OverviewPage } from "./overview-page.tsx";
import { PeersPage } from "./peers-page.tsx";
import { RoomsPage } from "./rooms-page.tsx";
import { SettingsPage } from "./settings-page.tsx";
import { SignIn } from "./sign-in.tsx";
import { keepToken, keptToken } from "./token.ts";

const PAGES = [
  ["overview", "Overview"],
  ["rooms", "Rooms"],
  ["peers", "Peers"],
  ["settings", "Settings"],
] as const;

type PageName = (typeof PAGES)[number][0];

/** The page that the address names, as `#/peers?search=ada`. */
function place(): { readonly page: PageName; readonly search: string } {
  const [name = "", query] = location.hash.replace(/^#\//, "").split("?", 2);
  const page = PAGES.find(([each]) => each === name)?.[0] ?? "overview";
  return { page, search: new URLSearchParams(query).get("search") ?? "" };
}

export function App() {
  const [token, setToken] = useState(keptToken);
  const [why, setWhy] = useState<string>();

  function leave(reason: string | undefined): void {
    keepToken(undefined);
    setWhy(reason);
    setToken(undefined);
  }

  if (token === undefined) {
    return (
      <SignIn
        why={why}
        welcome={(given) => {
          keepToken(given);
          setToken(given);
        }}
      />
    );
  }
  return <Console key={token} token={token} leave={leave} />;
}

function Console({ token, leave }: { readonly token: string; leave(reason: string | undefined): void }) {
  const [at, setAt] = useState(place);
  const [intent, setIntent] = useState<Intent>();
  const api = useMemo(
    () =>
      new Api(token, {
        rejected: () => leave("The token is not accepted any more: the server may have been started again."),
      }),
    [token],
  );
  useEffect(() => {
    const move = () => setAt(place());
    addEventListener("hashchange", move);
    return () => removeEventListener("hashchange", move);
  }, []);
  const title = PAGES.find(([name]) => name === at.page)?.[1] ?? "";
  useEffect(() => {
    document.title = `${title} · parlor console`;
  }, [title]);

  const props = { api, ask: setIntent };
  return (
    <>
      <header class="bar">
        <h1>
          parlor <span>console</span>
        </h1>
        <nav aria-label="Pages of the console">
          {PAGES.map(([name, text]) => (
            <a key={name} href={`#/${name}`} {...(name === at.page && { "aria-current": "page" as const })}>
              {text}
            </a>
          ))}
        </nav>
        <button type="button" class="quiet" data-testid="sign-out" onClick={() => leave(undefined)}>
          Sign out
        </button>
      </header>
      <main aria-label={title}>
        {at.page === "overview" && <OverviewPage {...props} />}
        {at.page === "rooms" && <RoomsPage {...props} />}
        {at.page === "peers" && <PeersPage key={at.search} {...props} initialSearch={at.search} />}
        {at.page === "settings" && <SettingsPage {...props} />}
      </main>
      {intent && <Confirm intent={intent} close={() => setIntent(undefined)} />}
    </>
  );
}
