/** The beginning of a long id: enough to recognise it. */
export function brief(id: string): string {
  return id.length > 16 ? `${id.slice(0, 12)}…` : id;
}
