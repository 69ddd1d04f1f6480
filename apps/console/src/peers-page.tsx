import { useState } from "preact/hooks";
import type { PeerLine, PeersPage as Peers } from "./answers.ts";
import { brief } from "./brief.ts";
import { Listing } from "./listing.tsx";
import { count } from "./numbers.ts";
import type { PageProps } from "./page.ts";
import { usePages } from "./pages.ts";

export function PeersPage({ api, ask, initialSearch }: PageProps & { readonly initialSearch: string }) {
  const [search, setSearch] = useState(initialSearch);
  const [addresses, setAddresses] = useState<"full" | "masked">("masked");
  const pages = usePages(
    (after) => api.get<Peers>("peers", { search, addresses, after }),
    [search, addresses],
  );

  function ending({ peer, alias }: PeerLine) {
    ask({
      title: `End the link of ${alias}?`,
      text: "It leaves every room as kicked, its session ends, and its client is told not to come back by itself. It is not banned.",
      verb: "End link",
      act: async () => {
        await api.post("peers/end", { peer });
        pages.refresh();
      },
    });
  }

  return (
    <Listing
      pages={pages}
      label="Id or alias"
      search={search}
      find={setSearch}
      filter={
        <label class="check">
          <input
            type="checkbox"
            data-testid="addresses"
            checked={addresses === "full"}
            onChange={({ currentTarget }) => setAddresses(currentTarget.checked ? "full" : "masked")}
          />
          Whole addresses
        </label>
      }
      heads={["Peer", "Dialect", "Address", "Rooms"]}
      lines={pages.answer?.peers}
      empty={{ all: "Nobody is connected.", fitting: "No peer here fits." }}
      row={(line) => (
        <tr key={line.peer} data-testid="peer">
          <td data-label="Peer">
            <bdi class="name">{line.alias}</bdi> {line.verified && <span class="badge good">verified</span>}
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
      )}
    />
  );
}
