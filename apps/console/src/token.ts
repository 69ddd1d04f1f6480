const KEY = "parlor.console.token";

/** The token of this tab, until it is closed. */
export function keptToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function keepToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

/** Moves the token from `#token=…` into this tab's memory, so that it is not in the address, history or bookmarks. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  keepToken(token);
  history.replaceState(null, "", `${location.pathname}${location.search}`);
}
