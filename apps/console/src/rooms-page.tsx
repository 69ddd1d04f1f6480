import { useState } from "preact/hooks";
import type { MembersPage, RoomLine, RoomsPage as Rooms } from "./answers.ts";
import { Unanswered } from "./api.ts";
import { brief } from "./brief.ts";
import { count } from "./numbers.ts";
import type { PageProps } from "./page.ts";
import { Pager } from "./pager.tsx";
import { usePolled } from "./polling.ts";
import { Trouble } from "./trouble.tsx";

const KINDS = ["namespace", "room", "match", "game", "session"];
const EVERY_MS = 2_000;

export function RoomsPage({ api, ask }: PageProps) {
  const [search, setSearch] = useState("");
  const [kind, setKind] = useState("");
  const [trail, setTrail] = useState<readonly number[]>([0]);
  const [opened, setOpened] = useState<RoomLine>();
  const after = trail.at(-1) ?? 0;
  const { answer, error, refresh } = usePolled(() => api.get<Rooms>("rooms", { search, kind, after }), {
    key: JSON.stringify([search, kind, after]),
    everyMs: EVERY_MS,
  });

  function closing(line: RoomLine) {
    ask({
      title: `Close ${line.room}?`,
      text: `Its ${line.members === 1 ? "one member is" : `${count(line.members)} members are`} told that the room is closed. They stay connected and can open it again.`,
      verb: "Close room",
      act: async () => {
        await api.post("rooms/close", { space: line.space, room: line.room });
        setOpened(undefined);
        refresh();
      },
    });
  }

  return (
    <>
      <search>
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
          <label>
            Name or code
            <input
              type="search"
              data-testid="search"
              maxLength={256}
              value={search}
              onInput={({ currentTarget }) => {
                setSearch(currentTarget.value);
                setTrail([0]);
              }}
            />
          </label>
          <label>
            Kind
            <select
              value={kind}
              onChange={({ currentTarget }) => {
                setKind(currentTarget.value);
                setTrail([0]);
              }}
            >
              <option value="">every kind</option>
              {KINDS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <p class="soft">{answer && `${count(answer.total)} in all`}</p>
        </form>
      </search>
      <Trouble error={error} {...(!answer && { waiting: "Asking the server…" })} />
      {answer && answer.rooms.length === 0 && (
        <p class="card soft empty">
          {answer.total === 0
            ? "No rooms yet. A room appears here when the first peer opens it."
            : "No room here fits."}
        </p>
      )}
      {answer && answer.rooms.length > 0 && (
        <table class="card">
          <thead>
            <tr>
              <th>Room</th>
              <th>Kind</th>
              <th>Members</th>
              <th>Host</th>
              <th>
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {answer.rooms.map((line) => (
              <tr key={`${line.space}\n${line.room}`} data-testid="room">
                <td data-label="Room">
                  <bdi class="name">{line.room}</bdi> {line.hidden && <span class="badge">hidden</span>}
                  {line.locked && <span class="badge">locked</span>}
                  {line.code !== null && <code class="badge">{line.code}</code>}
                  <span class="soft sub">
                    in <bdi>{line.space}</bdi>
                  </span>
                </td>
                <td data-label="Kind">{line.kind}</td>
                <td data-label="Members">
                  {count(line.members)}
                  {line.capacity !== null && <span class="soft"> of {count(line.capacity)}</span>}
                </td>
                <td data-label="Host">
                  {line.host === null ? "–" : <code title={line.host}>{brief(line.host)}</code>}
                </td>
                <td class="buttons">
                  <button
                    type="button"
                    data-testid="open-room"
                    aria-expanded={opened?.room === line.room && opened.space === line.space}
                    aria-label={`Members of ${line.room}`}
                    onClick={() => setOpened(line)}
                  >
                    Members
                  </button>
                  <button
                    type="button"
                    class="danger"
                    data-testid="close-room"
                    aria-label={`Close ${line.room}`}
                    onClick={() => closing(line)}
                  >
                    Close
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pager trail={trail} next={answer?.next} go={setTrail} />
      {opened && (
        <Members
          key={`${opened.space}\n${opened.room}`}
          api={api}
          ask={ask}
          line={opened}
          close={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

interface MembersProps extends PageProps {
  readonly line: RoomLine;
  close(): void;
}

function Members({ api, line: { space, room }, close }: MembersProps) {
  const [trail, setTrail] = useState<readonly number[]>([0]);
  const after = trail.at(-1) ?? 0;
  const { answer, error } = usePolled(() => api.get<MembersPage>("rooms/members", { space, room, after }), {
    key: JSON.stringify([space, room, after]),
    everyMs: EVERY_MS,
  });
  const isClosed = error instanceof Unanswered && error.status === 404;
  return (
    <section class="card members" aria-labelledby="members-title">
      <div class="head">
        <h2 id="members-title">
          Members of <bdi>{room}</bdi> {answer && <span class="soft">{count(answer.members)}</span>}
        </h2>
        <button type="button" onClick={close}>
          Hide
        </button>
      </div>
      {isClosed ? (
        <p class="soft">This room is closed.</p>
      ) : (
        <Trouble error={error} {...(!answer && { waiting: "Asking the server…" })} />
      )}
      <ul>
        {(isClosed ? [] : answer?.list)?.map(({ peer, alias, role, away }) => (
          <li key={peer} data-testid="member">
            <bdi class="name">{alias}</bdi> {role !== "member" && <span class="badge">{role}</span>}
            {away && <span class="badge">link lost</span>}
            <a href={`#/peers?${new URLSearchParams({ search: peer })}`}>
              <code title={peer}>{brief(peer)}</code>
            </a>
          </li>
        ))}
      </ul>
      <Pager trail={trail} next={answer?.next} go={setTrail} />
    </section>
  );
}
