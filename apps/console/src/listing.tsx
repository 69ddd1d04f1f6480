import type { ComponentChildren } from "preact";
import { count } from "./numbers.ts";
import { Pager } from "./pager.tsx";
import type { Pages } from "./pages.ts";
import { Trouble } from "./trouble.tsx";

export interface ListingProps<Line> {
  readonly pages: Pages<{ readonly total: number; readonly next: number | null }>;
  /** What is searched in: "Id or alias". */
  readonly label: string;
  readonly search: string;
  find(search: string): void;
  /** What else narrows or changes the list. */
  readonly filter: ComponentChildren;
  /** Of the columns, but for that of the actions. */
  readonly heads: readonly string[];
  /** `undefined` while there is no answer. */
  readonly lines: readonly Line[] | undefined;
  /** Said when there is nothing at all, and when nothing fits the search. */
  readonly empty: { readonly all: string; readonly fitting: string };
  /** The row of a line, with its key. */
  row(line: Line): ComponentChildren;
}

/** A list of the server's that can be searched and comes in pages. */
export function Listing<Line>({ pages, lines, ...props }: ListingProps<Line>) {
  const { answer, error, trail, go } = pages;
  return (
    <>
      <search>
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
          <label>
            {props.label}
            <input
              type="search"
              data-testid="search"
              maxLength={256}
              value={props.search}
              onInput={({ currentTarget }) => {
                props.find(currentTarget.value);
                go([0]);
              }}
            />
          </label>
          {props.filter}
          <p class="soft">{answer && `${count(answer.total)} in all`}</p>
        </form>
      </search>
      <Trouble error={error} {...(!answer && { waiting: "Asking the server…" })} />
      {lines?.length === 0 && (
        <p class="card soft empty">{answer?.total === 0 ? props.empty.all : props.empty.fitting}</p>
      )}
      {lines && lines.length > 0 && (
        <table class="card">
          <thead>
            <tr>
              {props.heads.map((head) => (
                <th key={head}>{head}</th>
              ))}
              <th>
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>{lines.map(props.row)}</tbody>
        </table>
      )}
      <Pager trail={trail} next={answer?.next} go={go} />
    </>
  );
}
