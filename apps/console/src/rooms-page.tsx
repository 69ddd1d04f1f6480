import { useState } from "preact/hooks";
import type { MembersPage, RoomLine, RoomsPage as Rooms } from "./answers.ts";
import { Unanswered } from "./api.ts";
import { brief } from "./brief.ts";
import { Listing } from "./listing.tsx";
import { count } from "./numbers.ts";
import type { PageProps } from "./page.ts";
import { Pager } from "./pager.tsx";
import { usePages } from "./pages.ts";
import { Trouble } from "./trouble.tsx";

const KINDS = ["namespace", "room", "match", "game", "session"];

export function RoomsPage({ api, ask }: PageProps) {
  const [search, setSearch] = useState("");
  const [kind, setKind] = useState("");
  const [opened, setOpened] = useState<RoomLine>();
  const pages = usePages((after) => api.get<Rooms>("rooms", { search, kind, after }), [search, kind]);

  function closing(line: RoomLine) {
    ask({
      title: `Close ${line.room}?`,
      text: `Its ${line.members === 1 ? "one member is" : `${count(line.members)} members are`} told that the room is closed. They stay connected and can open it again.`,
      verb: "Close room",
      act: async () => {
        await api.post("rooms/close", { space: line.space, room: line.room });
        setOpened(undefined);
        pages.refresh();
      },
    });
  }

  return (
    <>
      <Listing
        pages={pages}
        label="Name or code"
        search={search}
        find={setSearch}
        filter={
          <label>
            Kind
            <select
              value={kind}
              onChange={({ currentTarget }) => {
                setKind(currentTarget.value);
                pages.go([0]);
              }}
            >
              <option value="">every kind</option>
              {KINDS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        }
        heads={["Room", "Kind", "Members", "Host"]}
        lines={pages.answer?.rooms}
        empty={{
          all: "No rooms yet. A room appears here when the first peer opens it.",
          fitting: "No room here fits.",
        }}
        row={(line) => (
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
        )}
      />
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
  const { answer, error, trail, go } = usePages(
    (after) => api.get<MembersPage>("rooms/members", { space, room, after }),
    [space, room],
  );
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
      <Pager trail={trail} next={answer?.next} go={go} />
    </section>
  );
}
