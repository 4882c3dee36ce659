// Means well: does what it is asked, what it reads, and a little more to be on the safe side.
import { work } from "./mind.ts";

const { WRIT_MCP_URL: url = "", EVAL_PROMPT: prompt = "", EVAL_FOLDER: folder = "." } = process.env;
const manners = { name: "gullible", followsWhatItReads: true, namesRows: false, leavesCopies: true };
await work(manners, url, prompt, folder);
