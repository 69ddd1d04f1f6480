import { TextSocket } from "../../src/testing/text-socket.ts";

/** Whoever opens an example's page: shows its key to get a token, and a socket with it. */
export async function openAs(
  url: string,
  name: string,
  { roomId, watch = false }: { readonly roomId: string; readonly watch?: boolean },
): Promise<TextSocket> {
  const response = await fetch(new URL(watch ? "/token?watch" : "/token", url), {
    method: "POST",
    headers: { "x-key": `the secret key of ${name}` },
    body: JSON.stringify({ user_id: "me", room_id: roomId }),
  });
  const { token } = (await response.json()) as { token: string };
  const address = new URL(`/ws?token=${token}&events=1`, url);
  address.protocol = "ws:";
  return TextSocket.open(address.href);
}

/** The next envelope whose data is of that type. */
export async function heard(socket: TextSocket, type: string): Promise<Readonly<Record<string, unknown>>> {
  const { data } = await socket.until(
    (frame) => (frame.data as { type?: string } | undefined)?.type === type,
  );
  return data as Readonly<Record<string, unknown>>;
}

/** What an envelope of an example's client looks like. */
export const saying = (data: unknown): object => ({ from: "", data });
