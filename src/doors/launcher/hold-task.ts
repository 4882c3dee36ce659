import { launch, type LaunchSettings } from "./launch.ts";
import { refusedRun } from "./run-agent.ts";

/** `writ task start`: opens a task and keeps its address up until `signal` aborts, then ends the task. The address
 *  cannot be held to a process tree here, and the record says so.
 *  Resolves to 0, 3 when Writ refuses, 5 when it cannot be reached. */
export async function holdTask(
  settings: Omit<LaunchSettings, "checkTree" | "command">,
  onOpened: (opened: { readonly task: string; readonly url: string }) => void,
  signal: AbortSignal,
): Promise<number> {
  const say = settings.say ?? ((line: string) => process.stderr.write(`writ: ${line}\n`));
  try {
    const launched = await launch({ ...settings, say, checkTree: false, command: "task start" });
    onOpened({ task: launched.task, url: launched.url });
    const over = setTimeout(() => {}, 2 ** 30);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    clearTimeout(over);
    await launched.close("ended by its starter");
    return 0;
  } catch (cause) {
    return refusedRun(cause, say);
  }
}
