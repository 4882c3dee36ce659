import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll } from "vitest";

/** Stands between a gateway and its database, and can cut the line: nothing comes through any more, and nobody is told. */
export interface CutProxy {
  readonly port: number;
  /** Cuts the connections whose application has this name, and those it makes from now on; all without a name. */
  cut(application?: string): void;
  /** Lets new connections through; what was cut ends. */
  mend(): void;
}

export async function cutProxy(target: () => number): Promise<CutProxy> {
  const lines = new Set<{ readonly name: string; cut: boolean; readonly sockets: readonly Socket[] }>();
  let isCut = (_: string): boolean => false;

  const server = createServer((near) => {
    near.on("error", () => {});
    near.once("data", (first) => {
      const name = /application_name\0([^\0]*)\0/.exec(first.toString("latin1"))?.[1] ?? "";
      const far = connect(target(), "127.0.0.1");
      far.on("error", () => near.destroy());
      const line = { name, cut: isCut(name), sockets: [near, far] };
      lines.add(line);
      const pass = (to: Socket) => (chunk: Buffer) => void (line.cut || to.write(chunk));
      pass(far)(first);
      near.on("data", pass(far));
      far.on("data", pass(near));
      for (const one of line.sockets) {
        one.on("close", () => {
          if (line.cut) return;
          lines.delete(line);
          near.destroy();
          far.destroy();
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(async () => {
    for (const { sockets } of lines) for (const one of sockets) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  return {
    port: (server.address() as AddressInfo).port,
    cut(application) {
      isCut = (name) => application === undefined || name === application;
      for (const line of lines) line.cut ||= isCut(line.name);
    },
    mend() {
      isCut = () => false;
      for (const line of lines) {
        if (!line.cut) continue;
        lines.delete(line);
        for (const one of line.sockets) one.destroy();
      }
    },
  };
}
