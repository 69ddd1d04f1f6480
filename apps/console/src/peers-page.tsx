import { useState } from "preact/hooks";
import type { PeerLine, PeersPage as Peers } from "./answers.ts";
import { brief } from "./brief.ts";
import { count } from "./numbers.ts";
import type { PageProps } from "./page.ts";
import { Pager } from "./pager.tsx";
import { usePolled } from "./polling.ts";
import { Trouble } from "./trouble.tsx";

const EVERY_MS = 2_000;

export function PeersPage({ api, ask, initialSearch }: PageProps & { readonly initialSearch: string }) {
  const [search, setSearch] = useState(initialSearch);
  const [trail, setTrail] = useState<readonly number[]>([0]);
  const [addresses, setAddresses] = useState<"full" | "masked">("masked");
  const after = trail.at(-1) ?? 0;
  const { answer, error, refresh } = usePolled(() => api.get<Peers>("peers", { search, addresses, after }), {
    key: JSON.stringify([search, addresses, after]),
    everyMs: EVERY_MS,
  });

  function ending({ peer, alias }: PeerLine) {
    ask({
      title: `End the link of ${alias}?`,
      text: "It leaves every room as kicked, its session ends, and its client is told not to come back by itself. It is not banned.",
      verb: "End link",
      act: async () => {
        await api.post("peers/end", { peer });
        refresh();
      },
    });
  }

  return (
    <>
      <search>
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
          <label>
            Id or alias
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
          <label class="check">
            <input
              type="checkbox"
              data-testid="addresses"
              checked={addresses === "full"}
              onChange={({ currentTarget }) => setAddresses(currentTarget.checked ? "full" : "masked")}
            />
            Whole addresses
          </label>
          <p class="soft">{answer && `${count(answer.total)} in all`}</p>
        </form>
      </search>
      <Trouble error={error} {...(!answer && { waiting: "Asking the server…" })} />
      {answer && answer.peers.length === 0 && (
        <p class="card soft empty">{answer.total === 0 ? "Nobody is connected." : "No peer here fits."}</p>
      )}
      {answer && answer.peers.length > 0 && (
        <table class="card">
          <thead>
            <tr>
              <th>Peer</th>
              <th>Dialect</th>
              <th>Address</th>
              <th>Rooms</th>
              <th>
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {answer.peers.map((line) => (
              <tr key={line.peer} data-testid="peer">
                <td data-label="Peer">
                  <bdi class="name">{line.alias}</bdi>{" "}
                  {line.verified && <span class="badge good">verified</span>}
                  {line.away && <span class="badge">link lost</span>}
                  <code class="soft sub" title={line.peer}>
                    {brief(line.peer)}
                  </code>
                </td>
                <td data-label="Dialect">{line.dialect ?? "–"}</td>
                <td data-label="Address" data-testid="address">
                  {line.address ?? "–"}
                </td>
                <td data-label="Rooms" class="rooms">
                  {line.rooms.slice(0, 3).map((room) => (
                    <bdi key={room} class="badge" title={room}>
                      {room.slice(0, 40)}
                    </bdi>
                  ))}
                  {line.roomsTotal > 3 && <span class="soft">and {count(line.roomsTotal - 3)} more</span>}
                  {line.roomsTotal === 0 && "–"}
                </td>
                <td class="buttons">
                  <button
                    type="button"
                    class="danger"
                    data-testid="end-peer"
                    aria-label={`End the link of ${line.alias}`}
                    onClick={() => ending(line)}
                  >
                    End link
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pager trail={trail} next={answer?.next} go={setTrail} />
    </>
  );
}
