import { useState } from "preact/hooks";
import type { Counts, Overview, Sample } from "./answers.ts";
import { Chart } from "./chart.tsx";
import type { Intent } from "./confirm.tsx";
import { count, lasting, mebibytes, perSecond } from "./numbers.ts";
import type { PageProps } from "./page.ts";
import { usePolled } from "./polling.ts";
import { joined, level, rate, WINDOW_MS } from "./series.ts";
import { Trouble } from "./trouble.tsx";

const EVERY_MS = 1_000;
const YOUNG_MS = 60_000;

export function OverviewPage({ api, ask }: PageProps) {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const { answer, error } = usePolled(
    async () => {
      const overview = await api.get<Overview>("overview", { since: samples.at(-1)?.at ?? 0 });
      setSamples((known) => joined(known, overview.samples));
      return overview;
    },
    { key: "overview", everyMs: EVERY_MS },
  );

  if (!answer) return <Trouble error={error} waiting="Asking the server…" />;
  // A server that was just started would show an empty chart for minutes.
  const windowMs = answer.uptimeMs < YOUNG_MS ? YOUNG_MS : WINDOW_MS;
  const { now, messages, eventLoopDelayMs: delay } = answer;
  return (
    <>
      <Trouble error={error} />
      <p class="about" data-testid="about">
        parlor {answer.version} on Node {answer.node.replace(/^v/, "")}, {answer.mode}, up for{" "}
        {lasting(answer.uptimeMs)}
        {answer.draining && <strong class="badge bad">stopping</strong>}
      </p>
      <dl class="tiles">
        <Tile name="Peers" value={count(answer.peers)} testId="peers" more={`of ${count(answer.maxPeers)}`} />
        <Tile name="Links" value={count(answer.links)} more={`of ${count(answer.maxLinks)}`} />
        <Tile name="Rooms" value={count(answer.rooms)} testId="rooms" more={`of ${count(answer.maxRooms)}`} />
        <Tile name="Waiting for a match" value={count(answer.waiting)} />
        <Tile name="Lost links, seat held" value={count(answer.away)} />
        <Tile
          name="Memory"
          value={mebibytes(answer.memory.rssBytes)}
          more={`${mebibytes(answer.memory.heapUsedBytes)} heap`}
        />
        <Tile
          name="Event loop delay"
          value={`${delay.p99.toFixed(1)} ms`}
          more={`p99; at most ${delay.max.toFixed(0)} ms`}
        />
        <Tile name="Errors of the server" value={count(answer.errors)} isBad={answer.errors > 0} />
      </dl>
      <div class="charts">
        <Chart
          title="Messages per second"
          lines={[
            { name: "out", points: rate(samples, "delivered") },
            { name: "in", points: rate(samples, "received") },
          ]}
          now={now}
          windowMs={windowMs}
          format={perSecond}
        />
        <Chart
          title="Peers and links"
          lines={[
            { name: "peers", points: level(samples, "peers") },
            { name: "links", points: level(samples, "links") },
          ]}
          now={now}
          windowMs={windowMs}
          format={count}
        />
        <Chart
          title="Rooms"
          lines={[{ name: "rooms", points: level(samples, "rooms") }]}
          now={now}
          windowMs={windowMs}
          format={count}
        />
      </div>
      <div class="tables">
        <Tally
          title="Messages since the start"
          counts={{ in: messages.received, out: messages.delivered }}
          none=""
        />
        <Tally title="Links accepted" counts={answer.linksAccepted} none="None yet." />
        <Tally title="Refusals" counts={answer.refusals} none="Nothing was refused." />
        <Tally title="Links ended by the server" counts={answer.goodbyes} none="None." />
        <Tally title="Upgrades refused, by HTTP status" counts={answer.linksRefused} none="None." />
        <Tally title="Dropped for slow peers, by lane" counts={answer.drops} none="Nothing was dropped." />
      </div>
      <section class="card stop">
        <div>
          <h2>Stop this server</h2>
          <p>
            Everybody is told to come back later, what is queued is sent, and the process ends, as with
            SIGTERM.
          </p>
        </div>
        <button
          type="button"
          class="danger"
          data-testid="drain"
          disabled={answer.draining}
          onClick={() => ask(stopping(() => api.post("drain"), answer.links))}
        >
          Stop server
        </button>
      </section>
    </>
  );
}

function stopping(act: () => Promise<void>, links: number): Intent {
  return {
    title: "Stop this server?",
    text: `${count(links)} ${links === 1 ? "link ends" : "links end"}, and the process ends. This page stops working until the server is started again.`,
    verb: "Stop server",
    act,
  };
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly more?: string;
  readonly isBad?: boolean;
  readonly testId?: string;
}

function Tile({ name, value, more, isBad = false, testId }: TileProps) {
  return (
    <div class="card tile">
      <dt>{name}</dt>
      <dd class={isBad ? "bad" : ""} data-testid={testId && `tile-${testId}`}>
        {value}
      </dd>
      {more && <dd class="more">{more}</dd>}
    </div>
  );
}

function Tally({
  title,
  counts,
  none,
}: {
  readonly title: string;
  readonly counts: Counts;
  readonly none: string;
}) {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return (
    <section class="card">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="soft">{none}</p>
      ) : (
        <dl class="tally">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name.replaceAll("_", " ")}</dt>
              <dd>{count(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
