import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { kindsOfMethod } from "../../../src/analysis/http/method.ts";
import { classifyHost } from "../../../src/analysis/http/network.ts";
import { recipientsOf } from "../../../src/analysis/http/recipients.ts";

const traits = (text: string, here = true): readonly string[] => classifyHost(text, here).traits;

describe("a metadata service is one in every spelling of its address", () => {
  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "169.254.169.254",
    "http://169.254.169.254.:80",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://0xA9.0xFE.43518/",
    "http://169.16689662/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::169.254.169.254]",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://１６９．２５４．１６９．２５４/",
    "http://169。254。169。254/",
    "http://%31%36%39.254.169.254/",
    "http://example.com@169.254.169.254/",
    "http://user:pass@169.254.169.254",
    "http:\\\\169.254.169.254\\x",
    "//169.254.169.254/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://METADATA.Google.Internal./",
    "metadata",
    "http://[fd00:ec2::254]/",
    "http://[FD00:0EC2:0:0:0:0:0:254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://169.254.170.2/v2/credentials",
    "http://169.254.169.254.nip.io/",
    "http://a9fea9fe.nip.io/",
    "http://x-169-254-169-254.sslip.io/",
    "ht\ntp://169.254.169.254/",
  ])("%j", (text) => {
    expect(traits(text)).toContain("metadata-service");
  });
});

describe("a private network is one in every spelling of its address", () => {
  it.each([
    "10.0.0.1",
    "http://172.16.3.4:8080/",
    "192.168.1.1",
    "100.64.0.1",
    "http://167772161/",
    "[fd12::1]",
    "http://[fe80::1]/",
    "198.18.0.1",
    "0.0.0.0.nip.io",
    "printer.local",
    "http://intranet/",
    "db",
    "vault.corp",
    "host.docker.internal",
    "api.svc",
    "router.home.arpa",
    "10-0-0-1.nip.io",
    "localtest.me",
    "evil.lvh.me",
    "http://[::ffff:10.0.0.1]/",
    "not a host at all",
  ])("%j", (text) => {
    expect(traits(text)).toEqual(["private-network"]);
  });
});

test("this machine is no private network to a server that runs on it, and is one to a server elsewhere", () => {
  for (const text of ["http://localhost:3000/", "127.0.0.1", "http://[::1]:8080", "http://0x7f.1/", "app.localhost"]) {
    expect(traits(text, true)).toEqual([]);
    expect(traits(text, false)).toEqual(["private-network"]);
  }
});

test.each([
  "https://example.com/",
  "api.github.com",
  "8.8.8.8",
  "http://[2606:4700::1]/",
  "bücher.example",
  "8-8-8-8.nip.io",
  "metadata.example.com",
])("a public host is nothing special: %s", (text) => {
  expect(traits(text, false)).toEqual([]);
});

test("a page that a browser keeps in itself is nowhere", () => {
  expect(classifyHost("about:blank", false)).toEqual({ hosts: [], traits: [] });
  expect(traits("data:text/html,<script>x</script>")).toEqual(["private-network"]);
});

test("a host has one spelling, with and without its port", () => {
  expect(classifyHost("HTTPS://Bücher.Example.:8443/x", true).hosts).toEqual([
    "xn--bcher-kva.example",
    "xn--bcher-kva.example:8443",
  ]);
});

test("any text is some host, and never a public one by accident of being unreadable", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (text) => {
      const { hosts, traits } = classifyHost(text, false);
      expect(hosts.length).toBeGreaterThan(0);
      if (!URL.canParse(`http://${hosts[0]}`)) expect(traits).toContain("private-network");
    }),
    { numRuns: 2_000 },
  );
});

test("any IPv4 number means the same in every notation, and inside IPv6", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
      const dotted = [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
      const inside = traits(`http://[::ffff:${dotted}]/`, false);
      for (const text of [String(number), `0x${number.toString(16)}`, `0${number.toString(8)}`])
        expect(traits(`http://${text}/`, false)).toEqual(traits(dotted, false));
      // What carries IPv4 inside IPv6 is never taken for public.
      expect(inside).toContain("private-network");
      if (traits(dotted, false).includes("metadata-service")) expect(inside).toContain("metadata-service");
    }),
  );
});

describe("recipients have one spelling", () => {
  it.each([
    ["Dana@Example.COM", ["dana@example.com"]],
    ["Dana <dana@example.com>", ["dana@example.com"]],
    ["good@example.com <evil@example.net>", ["evil@example.net"]],
    ["mailto:dana@bücher.example?cc=x", ["dana@xn--bcher-kva.example"]],
    ["a@x.example, b@x.example; c@x.example", ["a@x.example", "b@x.example", "c@x.example"]],
    ["da\u200bna@example.com", ["dana@example.com"]],
    ["dana@еxample.com", ["dana@xn--xample-2of.com"]],
    ["+49 (30) 1234-567", ["+49301234567"]],
    ["0049 30 1234567", ["+49301234567"]],
    ["tel:+49-30-1234567", ["+49301234567"]],
    ["@Dana", ["@dana"]],
    ["#General", ["#general"]],
    ["U024BE7LH", ["U024BE7LH"]],
    ['"evil@example.net, " <dana@example.com>', ['"evil@example.net, " <dana@example.com>']],
  ])("%j", (text, expected) => {
    expect(recipientsOf(text)).toEqual(expected);
  });
});

test("a method adds what it does, and one that nobody knows may do anything", () => {
  expect(kindsOfMethod(" get ")).toEqual(["read"]);
  expect(kindsOfMethod("Post")).toEqual(["send"]);
  expect(kindsOfMethod("DELETE")).toEqual(["send", "delete"]);
  expect(kindsOfMethod("PURGE")).toEqual(["unknown"]);
});
