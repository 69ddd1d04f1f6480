import { connect, type Mesh, type Room } from "../../../src/client/index.ts";

/** What a page of the test can do. Each page is one peer; everything it hears is kept. */
export interface Page {
  /** Joins a room and its mesh. */
  begin(room: string): Promise<string>;
  /** Says `count` messages from number `first` on, one each `everyMs`, to all of the mesh. */
  talk(how: { first: number; count: number; everyMs: number }): Promise<void>;
  /** The same through the room. */
  say(how: { first: number; count: number; everyMs: number }): Promise<void>;
  heard(): { mesh: [number, string][]; room: number[]; paths: string[]; resyncs: string[] };
  path(): { via: string; rttMs: number | undefined } | undefined;
  /** Gives the data channel up. */
  cut(): void;
  state(): string;
  pending(): number;
}

const heard: ReturnType<Page["heard"]> = { mesh: [], room: [], paths: [], resyncs: [] };
const connection = connect(`${location.search.slice(1)}`);
let room: Room | undefined;
let mesh: Mesh | undefined;

const other = () => mesh?.peers[0] ?? "";

async function repeat({ first, count, everyMs }: Parameters<Page["talk"]>[0], say: (n: number) => void) {
  for (let n = first; n < first + count; n++) {
    say(n);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

const page: Page = {
  async begin(name) {
    room = await connection.join(name);
    room.on("word", (data) => heard.room.push(data as number));
    room.on("resync", ({ reason }) => heard.resyncs.push(reason));
    room.on("path", ({ via }) => heard.paths.push(via));
    mesh = await room.mesh();
    mesh.on("message", ({ data, via }) => heard.mesh.push([data as number, via]));
    return connection.peer;
  },
  talk: (how) => repeat(how, (n) => mesh?.broadcast("word", n)),
  say: (how) => repeat(how, (n) => room?.send("word", n)),
  heard: () => heard,
  path: () => room?.path(other()),
  cut: () => mesh?.cut(other()),
  state: () => connection.state.is,
  pending: () => connection.pending + (mesh?.pending ?? 0),
};

(globalThis as { page?: Page }).page = page;
