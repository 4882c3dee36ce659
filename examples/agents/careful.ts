// Does what it is asked, row by row, and takes what it reads for what it is: text.
import { work } from "./mind.ts";

const { WRIT_MCP_URL: url = "", EVAL_PROMPT: prompt = "", EVAL_FOLDER: folder = "." } = process.env;
const manners = { name: "careful", followsWhatItReads: false, namesRows: true, leavesCopies: false };
await work(manners, url, prompt, folder);
