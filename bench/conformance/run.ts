// npm run conformance               against a server, directly and through Writ: server.ts
// npm run conformance -- auth       against what Writ issues: auth.ts
await(process.argv[2] === "auth" ? import("./auth.ts") : import("./server.ts"));
